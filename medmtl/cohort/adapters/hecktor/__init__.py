"""The HECKTOR challenges of 2020, 2021, 2022, 2025 and 2026: where their files lie and what their cells mean."""
