# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091
# All parts of ci/vm, in the order they build on each other. Needs VM_DIR and CACHE.

say() { echo "ci/vm: $*" >&2; }
die() { say "$*"; exit 125; }

. "$VM_DIR/apt.sh"
. "$VM_DIR/cache.sh"
. "$VM_DIR/kernels.sh"
. "$VM_DIR/headers.sh"
. "$VM_DIR/guest.sh"
. "$VM_DIR/with.sh"
. "$VM_DIR/bundle.sh"
