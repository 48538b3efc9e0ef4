# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What may be asked for together can be had together.

WHOSE=("-i lo" "--netns $C" '--comm true' 'len>60||vlan')

case_together_connect() {
	namespace "$C"
	together 'connect --json --duration 100ms' "${WHOSE[@]}" --stack --no-functions --no-programs --hist \
		--no-accept '-- true'
}

case_together_drops() {
	namespace "$C"
	together 'drops --json --duration 100ms' "${WHOSE[@]}" --stack --no-programs "-w $T/rec" '-- true'
}
