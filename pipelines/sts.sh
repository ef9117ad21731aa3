#!/usr/bin/env bash
# The sarcoma cohort (Vallières et al., Phys Med Biol, 2015; the Soft-tissue-Sarcoma collection of The Cancer Imaging
# Archive) from the published files to the report.
#
#   pipelines/sts.sh DATA [RUN]
#
# DATA holds nifti/STS_xxx/{CT,PET}_{image,mask}.nii.gz (or the DICOM folders of the publication) and clinical.csv.
# Started again, it goes on where it stopped, and does nothing once the report is there.
set -euo pipefail

if [[ $# -lt 1 ]]; then
  echo "usage: $0 DATA [RUN]" >&2
  exit 2
fi
data=$1
run=${2:-runs/sts}
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
medmtl=$repository/.venv/bin/medmtl
[[ -x $medmtl ]] || medmtl=medmtl
images=$data
[[ -d $data/nifti ]] && images=$data/nifti
cohort=$run-cohort

if [[ ! -f $cohort/manifest.csv ]]; then
  "$medmtl" import sts --images "$images" --clinical "$data/clinical.csv" --out "$cohort"
fi
"$medmtl" run --config "$repository/configs/sts.yaml" --cohort "$cohort/manifest.csv" --out "$run"
