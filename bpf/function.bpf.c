/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * function.bpf.c - the function layer: one program for each way a kernel lets us see a function
 * begin and end. Which function it is, and where its arguments lie, comes with the attachment
 * (cookie.h). The loader (hook.c) loads those of one backend.
 */
#include "bpf/vmlinux.h"
#include "bpf/hop.bpf.h"
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

static __always_inline void hop_subjects(struct hop *h, __u64 skb, __u64 sk)
{
	switch (COOKIE_SKB_KIND(h->cookie)) {
	case KIND_SKB:
		h->skb = skb;
		break;
	case KIND_SKB_REF:
		bpf_probe_read_kernel(&h->skb, sizeof(h->skb), (void *)skb);
		break;
	}
	switch (COOKIE_SK_KIND(h->cookie)) {
	case KIND_SOCK:
	case KIND_REQUEST:
		h->sk = sk;
		break;
	case KIND_SOCKET:
		if (sk)
			h->sk = (__u64)BPF_CORE_READ((struct socket *)sk, sk);
		break;
	}
}

static __always_inline void hop_from_registers(struct hop *h, struct pt_regs *regs)
{
	hop_place(h, PT_REGS_SP(regs));
	hop_subjects(h, register_of(regs, COOKIE_SKB_POS(h->cookie)),
		register_of(regs, COOKIE_SK_POS(h->cookie)));
	if (COOKIE_ROLE(h->cookie) == ROLE_HOOKS)
		h->detail_arg = PT_REGS_PARM2(regs);
}

/* The place of the trampoline's own frame stands for the slot: it is the same at the return. */
static __always_inline void hop_from_words(struct hop *h, void *ctx)
{
	hop_place(h, address_of(ctx));
	hop_subjects(
		h, word_of(ctx, COOKIE_SKB_POS(h->cookie)), word_of(ctx, COOKIE_SK_POS(h->cookie)));
	if (COOKIE_ROLE(h->cookie) == ROLE_HOOKS)
		h->detail_arg = word_of(ctx, 2);
}

/* ---- returns that come for every call -------------------------------------------------------- */

/* In bounds, and the compiler must not know it: see open_index(). */
static __always_inline __u32 noted_index(__u32 n)
{
	asm volatile("" : "+r"(n));
	return n & (NOTED_MAX - 1);
}

/* One that is full holds calls whose return was missed. */
static __always_inline void call_note(const struct hop *h)
{
	struct noted first = {.count = 1}, *n;
	__u64 slot = h->slot;

	n = bpf_map_lookup_elem(&calls_open, &slot);
	if (n) {
		if (n->count >= NOTED_MAX)
			n->count = 0;
		n->cookie[noted_index(n->count)] = h->cookie;
		n->count++;
		return;
	}
	first.cookie[0] = h->cookie;
	bpf_map_update_elem(&calls_open, &slot, &first, BPF_ANY);
}

/* The cookie of the call that returns here, 0 = none of ours. In 5.10 a kretprobe has no other way
 * to know its function. */
static __always_inline __u64 call_noted(const struct hop *h)
{
	struct noted *n;
	__u64 slot = h->slot, cookie;

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
static __always_inline __u64 cookie_of(struct pt_regs *ctx)
{
	__u64 addr, *found;

	if (with_cookies)
		return bpf_get_attach_cookie(ctx);
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_func_ip))
		addr = bpf_get_func_ip(ctx);
	else
		addr = PT_REGS_IP(ctx) - IP_BEHIND;
	found = bpf_map_lookup_elem(&cookies, &addr);
	return found ? *found : 0;
}

/*
 * Entry and return come to one program. bpf_session_is_return() would tell, but changed its
 * prototype after 6.12, which keeps libbpf from loading the object; the address does too: at the
 * entry it is that of the function, at the return that of its caller.
 */
SEC("kprobe")
int on_session(struct pt_regs *ctx)
{
	__u64 into = PT_REGS_IP(ctx) - bpf_get_func_ip(ctx);
	struct hop h = {.ctx = ctx};

	if (into < ENTRY_BYTES) {
		if (!armed)
			return 1;
		h.cookie = cookie_of(ctx);
		hop_from_registers(&h, ctx);
		return hop_enter(&h);
	}
	h.cookie = cookie_of(ctx);
	hop_place(&h, RETURN_SLOT(ctx));
	return hop_leave(&h, PT_REGS_RC(ctx));
}

/* ---- entries and returns apart: kprobe.multi, kprobe and kretprobe ----------------------------
 */

SEC("kprobe")
int on_enter(struct pt_regs *ctx)
{
	struct hop h = {.ctx = ctx};

	if (!armed)
		return 0;
	h.cookie = cookie_of(ctx);
	hop_from_registers(&h, ctx);
	if (h.cookie && !hop_enter(&h))
		call_note(&h);
	return 0;
}

SEC("kprobe")
int on_leave(struct pt_regs *ctx)
{
	struct hop h = {.ctx = ctx};

	hop_place(&h, RETURN_SLOT(ctx));
	h.cookie = call_noted(&h);
	return h.cookie ? hop_leave(&h, PT_REGS_RC(ctx)) : 0;
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
	struct hop h = {.ctx = ctx, .cookie = cookie_here()};

	if (!armed)
		return 0;
	hop_from_words(&h, ctx);
	if (!hop_enter(&h))
		call_note(&h);
	return 0;
}

SEC("fexit/tcp_v4_connect")
int on_fexit(void *ctx)
{
	struct hop h = {.ctx = ctx, .cookie = cookie_here()};

	hop_from_words(&h, ctx);
	if (call_noted(&h) != h.cookie)
		return 0;
	return hop_leave(&h, word_of(ctx, COOKIE_PARAMS(h.cookie) + 1));
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
