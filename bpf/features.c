/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/features.h"
#include "bpf/attempt.h"
#include "bpf/hook.h"
#include "bpf/kernel.h"
#include "bpf/tracefs.h"

#include <linux/bpf.h>
#include <linux/capability.h>

/* The tracepoints without which an attempt cannot be followed; the others add detail. */
static const char *const tracepoints[] = {"inet_sock_set_state", "sys_enter", "sys_exit",
	"net_dev_queue", "net_dev_start_xmit", "netif_receive_skb", "kfree_skb",
	"tcp_retransmit_skb", "tcp_receive_reset", "tcp_send_reset", "inet_sk_error_report",
	"neigh_event_send_done", "neigh_update", "neigh_timer_handler", "fib_table_lookup",
	"fib6_table_lookup"};

#define BTF_CHANGE    "a kernel built with CONFIG_DEBUG_INFO_BTF=y"
#define PRIV_CHANGE   "run as root, or give CAP_BPF and CAP_PERFMON"
#define KPROBE_CHANGE "a kernel built with CONFIG_KPROBE_EVENTS=y"
#define MULTI_CHANGE  "Linux 5.18 or newer built with CONFIG_FPROBE=y"
#define FENTRY_CHANGE \
 "a kernel built with CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y and CONFIG_BPF_JIT=y"
#define UPROBE_CHANGE \
 "a kernel built with CONFIG_UPROBE_EVENTS=y; in a container, perf_event_open(2) allowed"
#define RAW_TP_CHANGE  "a kernel built with CONFIG_BPF_EVENTS=y and CONFIG_TRACEPOINTS=y"
#define RINGBUF_CHANGE "Linux 5.8 or newer"
#define REASON_CHANGE  "Linux 5.17 or newer"
#define SESSION_CHANGE "Linux 6.10 or newer built with CONFIG_FPROBE=y"
#define TRACEFS_CHANGE "a kernel built with CONFIG_FUNCTION_TRACER=y"
#define KSYMS_CHANGE   "sysctl kernel.kptr_restrict=1, and root or CAP_SYSLOG"

static struct feature *feature_add(struct features *f, const char *name, const char *means)
{
	struct feature *x = &f->feature[f->count++];

	x->name = name;
	x->means = means;
	return x;
}

/* CODE is 0 or -errno of the attempt. A refusal without privilege says nothing about the kernel. */
static bool feature_judge(
	const struct features *f, struct feature *x, int code, const char *fine, const char *change)
{
	bool refused = code == -EPERM || code == -EACCES;

	x->works = code >= 0;
	if (x->works) {
		snprintf(x->why, sizeof(x->why), "%s", fine);
		return true;
	}
	x->change = refused && !f->privileged ? PRIV_CHANGE : change;
	if (*x->why)
		return false;
	if (refused)
		snprintf(x->why, sizeof(x->why), "%s, %s", strerror(-code),
			f->privileged ? "even with the privilege" : "for want of the privilege");
	else if (code == -ENOTSUP || code == -EOPNOTSUPP || code == -EINVAL)
		snprintf(x->why, sizeof(x->why), "not in this kernel (%s)", strerror(-code));
	else
		snprintf(x->why, sizeof(x->why), "%s", strerror(-code));
	return false;
}

static bool probe_privilege(struct features *f)
{
	struct feature *x = feature_add(f, "privilege", "loading tracing programs");
	int code = attempt_load(BPF_PROG_TYPE_RAW_TRACEPOINT, 0);

	if (code == -EPERM)
		snprintf(x->why, sizeof(x->why), "the kernel refuses BPF programs to uid %u",
			getuid());
	f->privileged = code == 0;
	return feature_judge(f, x, code, "a tracing program was loaded", PRIV_CHANGE);
}

static bool probe_btf(struct features *f, struct kernel **k)
{
	struct feature *x = feature_add(f, "BTF", "reading this kernel's structures");
	struct errbuf err = {};
	int code = kernel_open(k, &err);

	if (code)
		snprintf(x->why, sizeof(x->why), "%.150s", err.text);
	return feature_judge(f, x, code, "/sys/kernel/btf/vmlinux", BTF_CHANGE);
}

static bool probe_raw_tracepoints(struct features *f, const struct kernel *k)
{
	struct feature *x =
		feature_add(f, "raw tracepoints", "every moment of a connect, its drops included");
	int code = attempt_raw_tracepoint("inet_sock_set_state");
	size_t missing = 0, at = 0;
	char *why = x->why;

	if (!feature_judge(f, x, code, "", RAW_TP_CHANGE) || !k)
		return x->works;
	for (size_t i = 0; i < ARRAY_SIZE(tracepoints); i++) {
		if (kernel_tracepoint_args(k, tracepoints[i]) >= 0)
			continue;
		at += snprintf(why + at, sizeof(x->why) - at, "%s%s",
			missing++ ? ", " : "not here: ", tracepoints[i]);
		if (at >= sizeof(x->why))
			break;
	}
	if (!missing)
		snprintf(x->why, sizeof(x->why),
			"all %zu; arguments: kfree_skb %d, tcp_retransmit_skb %d, tcp_send_reset "
			"%d",
			ARRAY_SIZE(tracepoints), kernel_tracepoint_args(k, "kfree_skb"),
			kernel_tracepoint_args(k, "tcp_retransmit_skb"),
			kernel_tracepoint_args(k, "tcp_send_reset"));
	return true;
}

static void probe_reasons(struct features *f, const struct kernel *k)
{
	struct feature *x =
		feature_add(f, "drop reasons", "why a packet was dropped, not only where");
	bool has = k && kernel_has_drop_reasons(k);

	if (!has)
		snprintf(x->why, sizeof(x->why), "skb:kfree_skb comes without a reason here");
	feature_judge(f, x, has ? 0 : -ENOTSUP, "skb:kfree_skb comes with one", REASON_CHANGE);
}

static void probe_kallsyms(struct features *f)
{
	struct feature *x =
		feature_add(f, "kallsyms", "names of the places where packets are dropped");
	_cleanup_(fclosep) FILE *file = fopen("/proc/kallsyms", "re");
	unsigned long long addr = 0;
	int code = file ? 0 : -errno;

	while (file && !addr && fscanf(file, "%llx%*[^\n]", &addr) == 1)
		;
	if (!code && !addr) {
		code = -EPERM;
		snprintf(x->why, sizeof(x->why), "addresses read as zero");
	}
	feature_judge(f, x, code, "/proc/kallsyms shows addresses", KSYMS_CHANGE);
}

/* Each backend is attached to one function, for real. */
static bool probe_backends(struct features *f, bool works[HOOK_BACKENDS])
{
	static const struct {
		const char *means, *change;
	} rows[HOOK_BACKENDS] = {
		[HOOK_SESSION] = {"all functions at once, entry and return in one", SESSION_CHANGE},
		[HOOK_MULTI] = {"all functions at once", MULTI_CHANGE},
		[HOOK_FENTRY] = {"functions one by one, and other people's XDP and tc programs",
			FENTRY_CHANGE},
		[HOOK_KPROBE] = {"functions, one attachment each: a core set", KPROBE_CHANGE},
	};
	bool any = false;

	for (enum hook_backend b = HOOK_AUTO + 1; b < HOOK_BACKENDS; b++) {
		struct feature *x = feature_add(f, hook_backend_name(b), rows[b].means);

		works[b] = feature_judge(
			f, x, hook_backend_try(b), "attached to one function", rows[b].change);
		any = any || works[b];
	}
	return any;
}

static void probe_tracefs(struct features *f)
{
	struct feature *x =
		feature_add(f, "tracefs", "which functions can be traced, before they are tried");
	_cleanup_(closep) int fd = tracefs_open("available_filter_functions");

	feature_judge(f, x, fd, "available_filter_functions can be read", TRACEFS_CHANGE);
}

void features_probe(struct features *f)
{
	struct kernel *k = NULL;
	struct feature *x;
	bool priv, btf, raw, ring, functions, backend[HOOK_BACKENDS];

	memset(f, 0, sizeof(*f));
	libbpf_set_print(NULL);
	priv = probe_privilege(f);
	btf = probe_btf(f, &k);
	raw = probe_raw_tracepoints(f, k);
	x = feature_add(f, "ring buffer", "the way of the records out of the kernel");
	ring = feature_judge(f, x, attempt_ringbuf(), "a map was created", RINGBUF_CHANGE);
	x = feature_add(f, "uprobes", "getaddrinfo(): names that no DNS packet shows");
	feature_judge(f, x, attempt_uprobe(), "attached to getaddrinfo()", UPROBE_CHANGE);
	probe_reasons(f, k);
	probe_kallsyms(f);
	functions = probe_backends(f, backend);
	probe_tracefs(f);
	f->milestone = priv && btf && raw && ring;
	f->function = f->milestone && functions;
	f->program = f->milestone && backend[HOOK_FENTRY];
	kernel_free(k);
}
