/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * function.bpf.c - the function layer: one program for each way a kernel lets us see a function
 * begin and end. Which function it is, and where its arguments lie, comes with the attachment
 * (cookie.h). The loader (hook.c) loads those of one backend.
 */
#include "bpf/vmlinux.h"
#include "bpf/program.bpf.h"
#include "bpf/follow.bpf.h"
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

/* ---- arguments ------------------------------------------------------------------------------- */

#if defined(__TARGET_ARCH_x86)
# define REGISTER_6(regs) ((regs)->r9)
#else
# define REGISTER_6(regs) ((regs)->regs[5])
#endif

/* Clang makes one load at a computed offset of several at fixed ones, which the verifier forbids in
 * a context: a different remark behind each keeps them apart. */
#define REGISTER(value, pos)                                \
 (                                                          \
	 {                                                  \
   __u64 v_ = (value);                                      \
   asm volatile("# register " FILTER_TEXT(pos) : "+r"(v_)); \
   v_;                                                      \
	 })

static __always_inline __u64 register_of(struct pt_regs *regs, __u32 pos)
{
	switch (pos) {
	case 1:
		return REGISTER(PT_REGS_PARM1(regs), 1);
	case 2:
		return REGISTER(PT_REGS_PARM2(regs), 2);
	case 3:
		return REGISTER(PT_REGS_PARM3(regs), 3);
	case 4:
		return REGISTER(PT_REGS_PARM4(regs), 4);
	case 5:
		return REGISTER(PT_REGS_PARM5(regs), 5);
	case 6:
		return REGISTER(REGISTER_6(regs), 6);
	}
	return 0;
}

/* The words that a trampoline hands over; how many there are only the loader knows, so the verifier
 * would not let them be read directly. */
static __always_inline __u64 word_of(void *ctx, __u32 pos)
{
	__u64 value = 0;

	if (pos)
		bpf_probe_read_kernel(&value, sizeof(value), ctx + 8 * (pos - 1));
	return value;
}

/* 0 = its return is of interest. Nearly all calls end at the first question. */
static __always_inline int enter_by_registers(struct pt_regs *regs, __u64 cookie)
{
	__u64 skb = register_of(regs, COOKIE_SKB_POS(cookie)), sk;

	if (COOKIE_IS_PLAIN(cookie) && hop_refused_plain(skb))
		return 1;
	sk = register_of(regs, COOKIE_SK_POS(cookie));
	if (!COOKIE_IS_PLAIN(cookie) && hop_refused(cookie, skb, sk))
		return 1;
	if (COOKIE_ROLE(cookie) == ROLE_HOOKS)
		sk = PT_REGS_PARM2(regs);
	return hop_enter(regs, cookie, PT_REGS_SP(regs), skb, sk);
}

/* The place of the trampoline's own frame stands for the slot: it is the same at the return. */
static __always_inline int enter_by_words(void *ctx, __u64 cookie, __u64 slot)
{
	__u64 skb = word_of(ctx, COOKIE_SKB_POS(cookie));
	__u64 sk = word_of(ctx, COOKIE_ROLE(cookie) == ROLE_HOOKS ? 2 : COOKIE_SK_POS(cookie));

	return hop_enter(ctx, cookie, slot, skb, sk);
}

/* ---- returns that come for every call -------------------------------------------------------- */

/* In bounds, and the compiler must not know it: see open_index(). */
static __always_inline __u32 noted_index(__u32 n)
{
	asm volatile("" : "+r"(n));
	return n & (NOTED_MAX - 1);
}

/* One that is full holds calls whose return was missed. */
static __noinline int call_note(__u64 slot, __u64 cookie)
{
	struct noted first = {.count = 1}, *n;

	n = bpf_map_lookup_elem(&calls_open, &slot);
	if (n) {
		if (n->count >= NOTED_MAX)
			n->count = 0;
		n->cookie[noted_index(n->count)] = cookie;
		n->count++;
		return done();
	}
	first.cookie[0] = cookie;
	bpf_map_update_elem(&calls_open, &slot, &first, BPF_ANY);
	return done();
}

/* The cookie of the call that returns here, 0 = none of ours. In 5.10 a kretprobe has no other way
 * to know its function. */
static __always_inline __u64 call_noted(__u64 slot)
{
	struct noted *n;
	__u64 cookie;

	n = bpf_map_lookup_elem(&calls_open, &slot);
	if (!n || !n->count)
		return 0;
	cookie = n->cookie[noted_index(n->count - 1)];
	if (!--n->count)
		bpf_map_delete_elem(&calls_open, &slot);
	return cookie;
}

/* ---- kprobe.session, kprobe.multi ------------------------------------------------------------ */

/* A return leaves the stack as it was before the call: one word above the return address. */
#if defined(__TARGET_ARCH_x86)
# define RETURN_SLOT(regs) (PT_REGS_SP(regs) - 8)
# define ENTRY_BYTES       32 /* what may lie between a function's address and the probe in it */
#else
# define RETURN_SLOT(regs) PT_REGS_SP(regs)
# define ENTRY_BYTES       32
#endif

#define IP_BEHIND 1 /* 5.10, which knows no IBT: the probe's address is one byte further */

/*
 * Links of many functions carry cookies, too, but find them by address: only by the one that the
 * kernel makes of what it was given, which differs by an ENDBR instruction. So it is done here.
 */
static __always_inline __u64 cookie_at(__u64 addr)
{
	const struct cookie_slot *s = &by_addr[COOKIE_SLOT(addr)];
	__u64 *found;

	if (s->addr == addr)
		return s->cookie;
	s = &by_addr[COOKIE_SLOT(addr) ^ 1];
	if (s->addr == addr)
		return s->cookie;
	found = bpf_map_lookup_elem(&cookies, &addr);
	return found ? *found : 0;
}

static __always_inline __u64 cookie_of(struct pt_regs *ctx)
{
	if (with_cookies)
		return bpf_get_attach_cookie(ctx);
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_func_ip))
		return cookie_at(bpf_get_func_ip(ctx));
	return cookie_at(PT_REGS_IP(ctx) - IP_BEHIND);
}

/*
 * Entry and return come to one program. bpf_session_is_return() would tell, but changed its
 * prototype after 6.12, which keeps libbpf from loading the object; the address does too: at the
 * entry it is that of the function, at the return that of its caller.
 */
SEC("kprobe")
int on_session(struct pt_regs *ctx)
{
	__u64 func = bpf_get_func_ip(ctx), cookie = cookie_at(func);

	if (PT_REGS_IP(ctx) - func < ENTRY_BYTES)
		return armed ? enter_by_registers(ctx, cookie) : 1;
	return hop_leave(cookie, RETURN_SLOT(ctx), PT_REGS_RC(ctx));
}

/* ---- entries and returns apart: kprobe.multi, kprobe and kretprobe ----------------------------
 */

SEC("kprobe")
int on_enter(struct pt_regs *ctx)
{
	__u64 cookie;

	if (!armed)
		return 0;
	cookie = cookie_of(ctx);
	if (cookie && !enter_by_registers(ctx, cookie))
		RUN(call_note(PT_REGS_SP(ctx), cookie));
	return 0;
}

SEC("kprobe")
int on_leave(struct pt_regs *ctx)
{
	__u64 slot = RETURN_SLOT(ctx), cookie = call_noted(slot);

	return cookie ? hop_leave(cookie, slot, PT_REGS_RC(ctx)) : 0;
}

/* ---- fentry, fexit: the cookie is put into a copy of the program for each function ------------
 */

static __always_inline __u64 cookie_here(void)
{
	__u64 cookie;

	asm volatile("%0 = %1 ll" : "=r"(cookie) : "i"(COOKIE_MARK));
	return cookie;
}

SEC("fentry/tcp_v4_connect")
int on_fentry(void *ctx)
{
	__u64 slot = address_of(ctx), cookie = cookie_here();

	if (armed && !enter_by_words(ctx, cookie, slot))
		RUN(call_note(slot, cookie));
	return 0;
}

SEC("fexit/tcp_v4_connect")
int on_fexit(void *ctx)
{
	__u64 slot = address_of(ctx), cookie = cookie_here();

	if (call_noted(slot) != cookie)
		return 0;
	return hop_leave(cookie, slot, word_of(ctx, COOKIE_PARAMS(cookie) + 1));
}

/* ---- BPF programs: likewise, a copy for each (hook_program.c) ---------------------------------
 */

SEC("program/entry")
int on_program(void *ctx)
{
	__u64 slot = address_of(ctx), cookie = cookie_here();

	chain_call(cookie);
	asked_set(0);
	if (armed && !with_drops && !program_enter(ctx, cookie, slot, word_of(ctx, 1))) {
		RUN(chain_enter(slot));
		RUN(call_note(slot, cookie));
	}
	return 0;
}

/* A program asks for a redirect: bpf_redirect(ifindex, ...). */
SEC("program/ask")
int on_redirect(void *ctx)
{
	asked_set((__u32)word_of(ctx, 1));
	return 0;
}

/* A breakpoint on the place that a tail call jumps to. */
SEC("program/tail")
int on_tail_call(struct pt_regs *ctx)
{
	return armed ? tail_enter(ctx) : 0;
}

/* Behind its arguments; where BTF and verifier do not agree on those, the kernel takes five. */
static __always_inline __u64 program_returned(void *ctx, __u64 cookie)
{
	__u64 ret = 0;

	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_func_ret))
		return word_of(ctx, COOKIE_PARAMS(cookie) + 1);
	bpf_get_func_ret(ctx, &ret);
	return ret;
}

SEC("program/exit")
int on_program_exit(void *ctx)
{
	__u64 slot = address_of(ctx), cookie = cookie_here();

	if (with_drops)
		return program_drop(ctx, cookie, word_of(ctx, 1), program_returned(ctx, cookie));
	if (call_noted(slot) != cookie)
		return with_connect ? program_verdict(cookie, word_of(ctx, 1),
					      program_returned(ctx, cookie))
				    : 0;
	return program_leave(cookie, slot, word_of(ctx, 1), program_returned(ctx, cookie));
}

/* ---- whose packets are whose, whatever functions are traced: only where processes decide ------
 */

SEC("raw_tp/net_dev_queue")
int on_leave_host(struct bpf_raw_tracepoint_args *ctx)
{
	return armed ? flow_learn(address_of(ctx), ctx->args[0]) : 0;
}

/* ---- packets end ----------------------------------------------------------------------------- */

SEC("raw_tp/kfree_skb")
int on_kfree_skb_reason(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 reason = ctx->args[2];

	return packet_end(ctx->args[0], ctx->args[1], reason,
		!(reason_consumed && reason == reason_consumed));
}

SEC("raw_tp/kfree_skb")
int on_kfree_skb(struct bpf_raw_tracepoint_args *ctx)
{
	return packet_end(ctx->args[0], ctx->args[1], 0, 1);
}

SEC("raw_tp/consume_skb")
int on_consume_skb(struct bpf_raw_tracepoint_args *ctx)
{
	return packet_end(ctx->args[0], 0, 0, 0);
}
