/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event.h - a record, decoded: every length checked, names joined, text made safe to handle.
 *
 * A decoder turns the bytes of one record (bpf/record.h) into one struct event. The event borrows
 * from the record and from the decoder's tables: it is valid until the next decoder_read() or until
 * the record's bytes go, whichever is first. A record that is cut, foreign or self-contradictory
 * is refused with -EBADMSG and counted; it never reaches a correlator.
 *
 * Calls in the order they happen: decoder_new, decoder_read for each record, decoder_free.
 */
#ifndef PATHLAG_EVENT_H
#define PATHLAG_EVENT_H

#include "bpf/base.h"
#include "bpf/record.h"

/* "function+0x12 [module]" where the stream named the address, else "0x..." */
#define LOCATION_LEN 128

/* What REC_META says, with its strings terminated. */
struct run_info {
	const struct rec_meta *rec;
	const char *cmdline; /* arguments, NUL-terminated, one after the other */
	size_t cmdline_len;
	const char *filter; /* the pcap expression; "" = none */
};

/* What a BPF program decided about a packet. */
struct program_verdict {
	const struct func *program; /* NULL = none, or not observed */
	__s64 ret;                  /* what it returned; of a redirect that failed, -errno */
};

#define VERDICT_LEN 32

/*
 * Where the kernel gives no reason (0, or NOT_SPECIFIED) the verdict of the program stands in for
 * it: "XDP_DROP". "XDP_EXCEPTION" and "XDP_REDIRECT_ERROR" are DROPPED_XDP_*.
 */
struct drop_names {
	const char *reason;          /* "NETFILTER_DROP"; "" = none, and no program either */
	const char *subsys;          /* "core"; "" where the reason is not the kernel's */
	char location[LOCATION_LEN]; /* "nf_hook_slow+0x5c"; "" = no place told */
	struct program_verdict by;
	char verdict[VERDICT_LEN]; /* "XDP_DROP"; "" = no program */
	/*
	 * Not a drop but the end of a packet that had done its work: TCP's receive function frees
	 * a SYN it has answered again, or that a request has taken over, without a reason.
	 */
	bool harmless;
};

struct dns_bytes {
	const __u8 *data;
	size_t len;
};

/* What it means for a packet to be in a function; the table is in decode_func.c. */
enum func_role {
	ROLE_NONE,
	ROLE_RECEIVE,  /* it arrives at a device of this host */
	ROLE_DELIVER,  /* the receive function of a socket, or of ARP or ND, takes it */
	ROLE_TRANSMIT, /* a driver gets it */
	ROLE_HOOK,     /* netfilter: rec_hop.detail says where */
};

/* A traced function. It stays where it is as long as the decoder. */
struct func {
	__u32 id;
	__u32 flags;                   /* enum rec_func_flags */
	enum rec_func_returns returns; /* RETURNS_INT where the stream never named it */
	__u8 ret_bytes;                /* 1 to 8; 0 with RETURNS_VOID */
	bool named;
	enum func_role role;
	enum rec_prog_kind prog_kind; /* PROG_NONE: a function of the kernel */
	__u32 prog_id;                /* the kernel's number of the program */
	__u64 addr;                   /* 0 = unknown */
	char name[128];               /* "func#12" where the stream never named it */
	char module[56];              /* "vmlinux"; "" likewise */
};

/* One address of a stack trace. The name stays as long as the decoder; NULL = not named. */
struct frame {
	__u64 addr;
	const char *name;
};

/* REC_HOP and REC_HOP_RETURN; of REC_DROPPED the stack */
struct hop_names {
	const struct func *func; /* of a hop never NULL */
	__s64 ret;               /* REC_HOP_RETURN: extended from func->ret_bytes, by its kind */
	const char *ret_reason;  /* RETURNS_DROP_REASON: its name; "" = not named */
	unsigned frames;         /* innermost first */
	struct frame frame[REC_STACK_MAX];
};

struct event {
	__u64 ts_ns;
	enum rec_type type;
	union {
		const struct rec_hdr *hdr; /* REC_TICK, REC_STOP */
		const struct rec_lost *lost;
		const struct rec_connect *connect;
		const struct rec_state *state;
		const struct rec_return *ret;
		const struct rec_syn *syn;
		const struct rec_reply *reply;
		const struct rec_reinject *reinject;
		const struct rec_retransmit *retransmit;
		const struct rec_reset *reset;
		const struct rec_sock_error *sock_error;
		const struct rec_icmp *icmp;
		const struct rec_drop *drop;
		const struct rec_neigh *neigh;
		const struct rec_dns *dns;
		const struct rec_gai_call *gai_call;
		const struct rec_gai_return *gai_return;
		const struct rec_packet *packet;
		const struct rec_packet_end *packet_end;
		const struct rec_socket *socket;
		const struct rec_hop *hop;
		const struct rec_hop_return *hop_return;
		const struct rec_frame *frame;
		const struct rec_dropped *dropped;
		const struct rec_passive *passive;
	};
	struct run_info run;          /* REC_META */
	struct drop_names drop_names; /* REC_DROP, REC_DROPPED, REC_PACKET_END */
	struct dns_bytes dns_bytes;   /* REC_DNS: the message */
	struct hop_names hop_names;   /* REC_HOP, REC_HOP_RETURN, REC_DROPPED */
};

struct decoder;

/* NULL when out of memory. */
struct decoder *decoder_new(void);

/*
 * Decodes one record of LEN bytes. Returns 1 with EV filled, 0 for a record that only feeds the
 * decoder (REC_SYMBOL, REC_REASON, REC_FUNC) or that this version does not know, -EBADMSG for a bad
 * one.
 */
int decoder_read(struct decoder *d, const void *rec, size_t len, struct event *ev);

/* True where the stream still has to name this address, drop reason, function (live source only).
 * Addresses are the `location` of rec_drop, rec_dropped and rec_packet_end, and what follows a
 * rec_hop or rec_dropped; reasons are those of these three, and of a rec_hop_return with
 * RETURNS_DROP_REASON; functions those of hops, and of rec_drop and rec_dropped where not 0. */
bool decoder_lacks_symbol(const struct decoder *d, __u64 addr);
bool decoder_lacks_reason(const struct decoder *d, __u32 code);
bool decoder_lacks_func(const struct decoder *d, __u32 id);

void decoder_free(struct decoder *d);

#endif
