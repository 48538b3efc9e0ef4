/* SPDX-License-Identifier: GPL-2.0-only */
/* syscall.bpf.h - system calls: their numbers, where their arguments lie, what a descriptor is. */
#ifndef PATHLAG_SYSCALL_BPF_H
#define PATHLAG_SYSCALL_BPF_H

#include "bpf/owner.bpf.h"

#if defined(__TARGET_ARCH_x86)
# define NR_CONNECT           42
# define NR_ACCEPT            43
# define NR_ACCEPT4           288
# define SYSCALL_NR(regs)     PEEK(pt_regs, regs, orig_ax)
# define SYSCALL_ARG1(regs)   BPF_CORE_READ(regs, di)
# define SYSCALL_ARG2(regs)   BPF_CORE_READ(regs, si)
# define TASK_IS_COMPAT(task) (BPF_CORE_READ(task, thread_info.status) & 2)
#elif defined(__TARGET_ARCH_arm64)
# define NR_CONNECT           203
# define NR_ACCEPT            202
# define NR_ACCEPT4           242
# define SYSCALL_NR(regs)     PEEK(pt_regs, regs, syscallno)
# define SYSCALL_ARG1(regs)   BPF_CORE_READ(regs, regs[0])
# define SYSCALL_ARG2(regs)   BPF_CORE_READ(regs, regs[1])
# define TASK_IS_COMPAT(task) (BPF_CORE_READ(task, thread_info.flags) & (1UL << 22))
#else
# error "which registers hold a system call's number and arguments here?"
#endif

/* Behind a file descriptor of the running process. */
static __always_inline struct file *file_of_fd(__u64 fd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fdtable *fdt = PEEK2(task_struct, task, files, fdt);
	struct file **files = PEEK(fdtable, fdt, fd);
	struct file *file = NULL;

	if (fd >= PEEK(fdtable, fdt, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	return file;
}

static __always_inline struct sock *sock_of_file(struct file *file)
{
	struct socket *sock = PEEK(file, file, private_data);

	return PEEK(socket, sock, sk);
}

static __always_inline struct sock *sock_of_fd(__u64 fd)
{
	return sock_of_file(file_of_fd(fd));
}

#endif
