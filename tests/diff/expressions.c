/* SPDX-License-Identifier: GPL-2.0-only */
/* expressions.c - what people write, the whole grammar, and what chance writes. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/diff/diff.h"

const char *const expr_list[] = {
	/* host, net, port and their qualifiers */
	"host 10.0.0.1", "src host 10.0.0.1", "dst host 10.0.0.2", "src or dst host 10.0.0.2",
	"src and dst host 10.0.0.1", "host 10.0.0.1 and not host 10.0.0.2", "net 10.0.0.0/8",
	"src net 10.0.0.0/31", "dst net 192.168.1.0 mask 255.255.255.0", "net 10", "net 192.168",
	"net 192.168.1", "host 2001:db8::1", "src host 2001:db8::2", "dst host ff02::1",
	"net 2001:db8::/32", "src net fe80::/10", "dst net ff00::/8", "net 2001:db8::/127",
	"port 80", "src port 53", "dst port 443", "tcp port 80", "udp port 53", "sctp port 80",
	"tcp src port 443", "udp dst port 6081", "portrange 50-100", "src portrange 443-8080",
	"dst portrange 0-79", "tcp portrange 80-443", "udp src portrange 1-65535",
	"tcp dst port 80", "port 80 or port 443", "not port 53", "host 10.0.0.1 and port 80",
	"tcp port http", "port domain", "ip host 10.0.0.1", "ip6 host 2001:db8::1",
	"arp host 10.0.0.1", "rarp host 10.0.0.2", "arp net 10.0.0.0/8",
	"src 10.0.0.1 and dst 10.0.0.2",
	/* protocols */
	"ip", "ip6", "arp", "rarp", "tcp", "udp", "icmp", "icmp6", "sctp", "igmp", "pim", "vrrp",
	"igrp", "ah", "esp", "carp", "proto 6", "proto \\tcp", "ip proto 17", "ip proto \\udp",
	"ip6 proto 58", "ip6 proto 6", "ip proto 89", "ip6 proto 44", "ip protochain 6",
	"ip6 protochain 6", "ip6 protochain \\udp", "ip6 protochain 58", "protochain 6",
	"protochain 17", "atalk", "aarp", "decnet", "lat", "moprc", "mopdl", "iso", "clnp", "esis",
	"isis", "stp", "ipx", "netbeui", "sca", "l1", "l2", "iih", "lsp", "snp", "csnp", "psnp",
	"llc", "llc i", "llc s", "llc u", "llc rr", "llc ui", "llc xid",
	/* link layer */
	"ether host 02:00:00:00:00:01", "ether src 02:00:00:00:00:02",
	"ether dst ff:ff:ff:ff:ff:ff", "ether broadcast", "broadcast", "ether multicast",
	"multicast", "ip multicast", "ip6 multicast", "ether proto 0x88cc", "ether proto \\ip",
	"ether proto \\arp", "ether proto \\ip6", "ether proto 0x42", "ether proto 0x8864",
	"ether src host 02:00:00:00:00:01 and ip", "ether[0] & 1 = 0", "ether[12:2] = 0x0800",
	"ether[6:4] = 0x02000000", "not ether multicast", "ether[3:4] > 5", "ether[1:2] = 0",
	/* encapsulation */
	"vlan", "vlan 10", "vlan 20", "vlan 10 and ip", "vlan and tcp port 80",
	"vlan 10 and vlan 20", "vlan and vlan", "vlan and vlan and ip6", "vlan or ip", "not vlan",
	"vlan 10 or vlan 20", "vlan && vlan 10 && ip && tcp", "ip or (vlan and ip)", "vlan 0xfff",
	"vlan and arp", "vlan and ether[100:2] > 0x8000", "vlan and ether[97:4] > 0x80000000",
	"vlan and len > 100", "vlan and ether[len - 1] > 128",
	"vlan and ether[len - 40:4] > 0x70000000", "vlan and ether[ether[0]] > 5",
	"vlan and ether[ether[0] + 9:4] > 0x80000000",
	"vlan and ether[ether[0] + 11:4] > 0x81000000", "vlan and ether[ether[0] + 14:2] > 15",
	"vlan and tcp[((tcp[12] & 0xf0) >> 2):2] > 100", "vlan and ip[ip[3]:1] > 100", "mpls",
	"mpls 1000", "mpls and ip", "mpls 1000 and mpls 1000", "mpls && mpls && host 10.0.0.1",
	"mpls and mpls and mpls", "mpls 16 or mpls 17", "mpls and tcp port 80", "vlan and mpls",
	"pppoed", "pppoes", "pppoes 7", "pppoes and ip", "pppoes and ip6",
	"pppoes 7 and tcp port 80", "pppoes && host 10.0.0.1", "vlan and pppoes", "geneve",
	"geneve 100", "geneve and ip", "geneve 100 and tcp port 80", "geneve and ip6 and udp",
	"geneve and host 10.0.0.1", "geneve and vlan", "ip proto 47",
	"udp port 6081 and not geneve",
	/* arithmetic and bytes */
	"tcp[13] & 2 != 0", "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", "tcp[tcpflags] = tcp-syn",
	"tcp[13] = 18", "tcp[13] = 0x12 and port 80", "tcp[tcpflags] & tcp-rst != 0",
	"tcp[tcpflags] & (tcp-ece|tcp-cwr) != 0",
	"icmp[icmptype] != icmp-echo and icmp[icmptype] != icmp-echoreply", "icmp[0] = 8",
	"icmp[icmpcode] = 3", "icmp6[0] = 128", "icmp6[icmp6type] = icmp6-echo",
	"icmp6[icmp6type] = icmp6-neighborsolicit", "ip[0] & 0xf != 5", "ip[0] = 0x45",
	"ip[6:2] & 0x1fff = 0", "ip[6:2] & 0x4000 != 0", "ip[8] < 64", "ip[2:2] > 100",
	"ip[12:4] = 0x0a000001", "ip[16:4] & 0xff000000 = 0x0a000000", "ip[9] = 6", "ip6[6] = 17",
	"ip6[40] = 0", "ip6[4:2] > 40", "ip6[8:4] = 0x20010db8", "udp[4:2] > 20", "udp[0:2] = 53",
	"ip[2:2] - ((ip[0] & 0xf) << 2) > 8",
	"tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)",
	"tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420", "ip[ip[0] & 0xf] = 0",
	"ether[len - 1] > 128", "tcp[0:2] = tcp[2:2]", "ip[12:4] > ip[16:4]", "ip[4:2] % 2 = 0",
	"ip[4:2] / 3 > 7000", "ip[4:2] % ip[1] = 0", "ip[4:2] / ip[1] > 100",
	"ip[4:2] * ip[8] > 1000000", "ip[4:2] ^ 0xffff < 100", "(ip[4:2] | 0xff00) = 0xff10",
	"ip[4:2] << 16 > ip[12:4]", "ip[4:4] >> ip[1] = 0", "ip[4:4] << ip[1] > 1",
	"ip[4:4] >> 3 < 4096", "-ip[8] > 0xffffffc0", "1 = 1 and ip", "ip[8] - 64 > 200",
	"tcp[4:4] - tcp[8:4] > 0x80000000", "ip[100000] = 1", "ip[4294967295] = 1",
	"ether[2147483648:4] = 1", "ip[ip[12:4]] = 1", "ip[ip[4:4]:4] = 1",
	"ether[4294967290:2] != 0", "tcp[tcp[4:4]] = 0", "ip[1:4] > 5", "ip6[1:4] > 5",
	"ip6[7:4] > 5", "len > 100", "len <= 64", "len = 60", "len != 0", "len - 14 > 40",
	"greater 128", "less 64", "greater 0", "less 1500 and greater 60", "len * 2 > 300",
	"len % 7 = 3", "len & 1 = 0", "ip and len > 60 and ip[8] > 10", "ip[8] > ip[1] and tcp",
	"ether[14] & 0xf0 = 0x40 and len < 80",
	/* and, or, not */
	"tcp or udp", "tcp and not udp", "not tcp", "not (tcp or udp)", "not (tcp and port 80)",
	"tcp and not port 80 and not port 443", "(tcp or udp) and (port 53 or port 80)",
	"not (host 10.0.0.1 or host 10.0.0.2)", "ip and not (tcp or udp or icmp)", "! ip && ! ip6",
	"ip or ip6 or arp", "tcp port 80 || tcp port 443 || udp port 53",
	"((tcp) and ((dst port 80)))", "not not tcp", "(ip and tcp) or (ip6 and udp)",
	"tcp port 443 and not net 10.0.0.0/8", "host 10.0.0.1 and (tcp port 80 or udp port 53)",
	"not arp and not ip6 and not (udp and port 53)", "tcp src port 80 and tcp dst port 443",
	/* the examples of pcap-filter(7), with addresses for its host names */
	"host 10.0.0.1 and ( host 10.0.0.2 or host 192.168.1.77 )",
	"ip host 10.0.0.1 and not host 10.0.0.2", "ip and not net 10.0.0.0/8",
	"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0 and not src and dst net 10.0.0.0/8",
	"tcp[tcpflags] & (tcp-rst|tcp-ack) == (tcp-rst|tcp-ack)", "ip[2:2] > 576",
	"ether[0] & 1 = 0 and ip[16] >= 224", "net 10.0.0.0/8 and (port ftp or port ftp-data)",
	"vlan 100 && vlan 200", "vlan && vlan 300 && ip", "mpls 100000 && mpls 1024",
	"mpls && mpls 1024 && host 192.9.200.1", "pppoes && ip", "pppoes 0x27 && ip",
	"geneve 0xb && ip", "ether[0:4] & 0xffffff0f > 25 and ip6 protochain 44", NULL};

/* ---- by chance ------------------------------------------------------------------------------- */

struct writer {
	char *buf;
	size_t n;
	struct rng *r;
};

__attribute__((format(printf, 2, 3))) static void out(struct writer *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(w->buf + w->n, EXPR_MAX - w->n, fmt, ap);
	va_end(ap);
	if (n > 0)
		w->n = w->n + n < EXPR_MAX - 1 ? w->n + n : EXPR_MAX - 1;
}

#define PICK(w, ...)                             \
 ((const char *const[]){__VA_ARGS__})[rng_below( \
	 (w)->r, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))]

static const char *direction(struct writer *w)
{
	return PICK(w, "", "", "src ", "dst ", "src or dst ", "src and dst ");
}

static void write_number(struct writer *w)
{
	static const uint32_t edges[] = {0, 1, 2, 6, 17, 31, 32, 64, 80, 255, 256, 0x800,
		0x7fffffff, 0x80000000, 0xffffffff};

	if (rng_below(w->r, 3))
		out(w, "%u", edges[rng_below(w->r, sizeof(edges) / sizeof(*edges))]);
	else
		out(w, "%#x", rng_next(w->r) >> rng_below(w->r, 32));
}

static void write_arith(struct writer *w, int depth);

static void write_accessor(struct writer *w, int depth)
{
	out(w, "%s[", PICK(w, "ip", "ip", "tcp", "udp", "icmp", "ip6", "ether", "sctp"));
	if (depth > 0 && rng_below(w->r, 5) == 0)
		write_arith(w, depth - 1);
	else
		out(w, "%u", rng_below(w->r, rng_below(w->r, 4) ? 24 : 150));
	out(w, "%s]", PICK(w, "", "", ":1", ":2", ":4"));
}

static void write_arith(struct writer *w, int depth)
{
	if (depth <= 0 || rng_below(w->r, 3) == 0) {
		switch (rng_below(w->r, 5)) {
		case 0:
			write_number(w);
			break;
		case 1:
			out(w, "len");
			break;
		default:
			write_accessor(w, depth);
		}
		return;
	}
	out(w, "(");
	write_arith(w, depth - 1);
	out(w, " %s ", PICK(w, "+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "&", "+"));
	if (rng_below(w->r, 3))
		write_number(w);
	else
		write_arith(w, depth - 1);
	out(w, ")");
}

static void write_relation(struct writer *w)
{
	write_arith(w, 2);
	out(w, " %s ", PICK(w, "=", "!=", ">", "<", ">=", "<="));
	if (rng_below(w->r, 4))
		write_number(w);
	else
		write_arith(w, 1);
}

static void write_address(struct writer *w)
{
	const char *dir = direction(w);

	switch (rng_below(w->r, 5)) {
	case 0:
		out(w, "%shost %s", dir, pool_ipv6[rng_below(w->r, 4)]);
		break;
	case 1:
		out(w, "%snet 10.0.0.0/%u", dir, 8 + rng_below(w->r, 17));
		break;
	case 2:
		out(w, "%snet 2001:db8::/%u", dir, 32 + rng_below(w->r, 80));
		break;
	default:
		out(w, "%shost %s", dir, pool_ipv4[rng_below(w->r, 4)]);
	}
}

static void write_ports(struct writer *w)
{
	unsigned int a = pool_ports[rng_below(w->r, 6)];

	out(w, "%s%s", PICK(w, "", "tcp ", "udp ", "sctp "), direction(w));
	if (rng_below(w->r, 3))
		out(w, "port %u", a);
	else
		out(w, "portrange %u-%u", a, a + rng_below(w->r, 500));
}

static void write_primitive(struct writer *w)
{
	switch (rng_below(w->r, 8)) {
	case 0:
	case 1:
		write_address(w);
		break;
	case 2:
	case 3:
		write_ports(w);
		break;
	case 4:
		out(w, "%s",
			PICK(w, "ip", "ip6", "tcp", "udp", "icmp", "icmp6", "arp", "sctp",
				"ip multicast", "ip6 protochain 6", "ether multicast"));
		break;
	case 5:
		out(w, "%s %u", PICK(w, "greater", "less", "len >", "ip proto", "ip6 proto"),
			rng_below(w->r, 200));
		break;
	default:
		write_relation(w);
	}
}

static void write_term(struct writer *w, int depth)
{
	if (rng_below(w->r, 5) == 0)
		out(w, "not ");
	if (depth <= 0 || rng_below(w->r, 3) == 0) {
		write_primitive(w);
		return;
	}
	out(w, "(");
	write_term(w, depth - 1);
	for (uint32_t n = 1 + rng_below(w->r, 2); n; n--) {
		out(w, " %s ", PICK(w, "and", "or"));
		write_term(w, depth - 1);
	}
	out(w, ")");
}

void expr_generate(char *buf, struct rng *r)
{
	struct writer w = {.buf = buf, .r = r};

	buf[0] = 0;
	if (rng_below(r, 8) == 0)
		out(&w, "%s and ", PICK(&w, "vlan", "vlan 10", "mpls", "pppoes", "geneve"));
	write_term(&w, 2);
}
