/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracefs.h - files of the kernel's tracing directory, also where nobody has mounted it: containers
 * have none, and `ip netns exec` covers it with a fresh /sys.
 */
#ifndef PATHLAG_TRACEFS_H
#define PATHLAG_TRACEFS_H

/*
 * Opens NAME, "available_filter_functions", for reading: where it is usually mounted, else from a
 * mount that nobody else sees and that ends with the descriptor (Linux 5.2). The descriptor, or
 * -errno: -ENOENT where this kernel has no such file.
 */
int tracefs_open(const char *name);

#endif
