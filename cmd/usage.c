/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd/log.h"
#include "cmd/usage.h"

static const char connect_text[] =
	"pathlag shows where a slow TCP connect spends its time inside Linux.\n"
	"\n"
	"  pathlag [connect] [OPTIONS] [PCAP-EXPRESSION] [-- COMMAND [ARG...]]\n"
	"                    diagnose connects (the default)\n"
	"  pathlag trace [OPTIONS] [PCAP-EXPRESSION] [-- COMMAND [ARG...]]\n"
	"                    every kernel function that packets and sockets pass\n"
	"  pathlag drops [OPTIONS] [PCAP-EXPRESSION] [-- COMMAND [ARG...]]\n"
	"                    packets that this host drops: why, where, whose\n"
	"  pathlag replay [OPTIONS] FILE... [PCAP-EXPRESSION]\n"
	"                    render recordings made with -w; several are joined\n"
	"  pathlag filter [OPTIONS] PCAP-EXPRESSION\n"
	"                    what an expression compiles to, which packets of a capture it "
	"selects\n"
	"  pathlag check [--json]\n"
	"                    what this kernel allows\n"
	"  pathlag explain [--json] [CAUSE|DROP-REASON]\n"
	"                    what it means, how it comes about, what to look at\n"
	"\n"
	"With a COMMAND, only what it and its children do; without, the whole host until Ctrl-C.\n"
	"\n"
	"Options:\n";

/* clang-format off */
static const char trace_text[] =
	"pathlag trace [OPTIONS] [PCAP-EXPRESSION] [-- COMMAND [ARG...]]: every kernel function that\n"
	"packets and sockets pass, with what it returned and how long it took.\n"
	"\n"
	"  pathlag trace -- curl http://shop.test/\n"
	"  pathlag trace --functions 'ip_*' --functions '!ip_rcv*' 'udp port 53'\n"
	"  pathlag trace --functions core --context 'fib_*' -i eth0 -c 10 icmp\n"
	"\n"
	"--functions: core, the story of a connect; all, each function that takes a packet or a socket;\n"
	"GLOB or MODULE:GLOB, and !GLOB to take away again; [MODULE:]NAME:skb=N (or sk=N) where the\n"
	"kernel's types do not say which argument it is. Without it, all where kprobe.multi works, else\n"
	"core, as each is attached by itself then. `pathlag functions` lists them.\n"
	"\n"
	"-c N ends after N packets, and what they were in by then. -i IFACE is a device of this network\n"
	"namespace, or of --netns's.\n"
	"\n"
	"Options:\n";

static const char drops_text[] =
	"pathlag drops [OPTIONS] [PCAP-EXPRESSION] [-- COMMAND [ARG...]]: each packet that this host\n"
	"drops, why and in which function, which program decided it, at which device, whose it was;\n"
	"counts and rates at the end. On a terminal a table of the most frequent ones, once a second.\n"
	"\n"
	"  pathlag drops\n"
	"  pathlag drops --duration 5s --json 'tcp port 443'\n"
	"  pathlag drops --stack -c 10 -i eth0\n"
	"\n"
	"-c N ends after N drops. -q leaves the lines out and prints the table alone. -i IFACE is a\n"
	"device of this network namespace, or of --netns's.\n"
	"\n"
	"Options:\n";

static const char tail[] =
	"\n"
	"Exit status: 0; 1 failed while running; 2 wrong usage or input; 3 a privilege or kernel\n"
	"feature is missing; with a COMMAND that command's own status.\n";

static const char replay_text[] =
	"pathlag replay [OPTIONS] FILE... [PCAP-EXPRESSION]: renders a recording made with\n"
	"`pathlag -w FILE`, `pathlag trace -w FILE` or `pathlag drops -w FILE` as the live run did; needs\n"
	"no privilege. Of several, made on different hosts, each connect is judged by what both sides\n"
	"saw of it: pathlag replay client.rec server.rec\n"
	"\n"
	"Options:\n";
/* clang-format on */

static void print_help(enum subcommand cmd)
{
	fputs(cmd == CMD_REPLAY    ? replay_text
		: cmd == CMD_TRACE ? trace_text
		: cmd == CMD_DROPS ? drops_text
				   : connect_text,
		stdout);
	opts_print(stdout, cmd);
	if (cmd != CMD_REPLAY)
		fputs(tail, stdout);
}

int usage_show(enum subcommand cmd, enum opts_wish wish)
{
	if (wish == OPTS_HELP)
		print_help(cmd);
	else
		printf("pathlag %s\n", PATHLAG_VERSION);
	return fflush(stdout) ? EXIT_RUNTIME : EXIT_OK;
}
