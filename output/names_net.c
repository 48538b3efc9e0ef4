// SPDX-License-Identifier: GPL-2.0-only
/* names.h, the part that knows protocols: errno, DNS, ICMP, addresses, times. */
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include "output/names.h"

struct numbered {
	int number;
	const char *name;
};

static const char *numbered_name(const struct numbered *table, size_t count, int number)
{
	for (size_t i = 0; i < count; i++)
		if (table[i].number == number)
			return table[i].name;
	return NULL;
}

_printf_(2, 3) static const char *made_name(struct name_buf *buf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf->text, sizeof(buf->text), fmt, ap);
	va_end(ap);
	return buf->text;
}

const char *errno_name(int err, struct name_buf *buf)
{
	/* The kernel's own, which should not reach user space and sometimes do. */
	static const struct numbered internal[] = {
		{512, "ERESTARTSYS"},
		{513, "ERESTARTNOINTR"},
		{514, "ERESTARTNOHAND"},
		{515, "ENOIOCTLCMD"},
		{516, "ERESTART_RESTARTBLOCK"},
		{517, "EPROBE_DEFER"},
		{524, "ENOTSUPP"},
	};
	unsigned number = err < 0 ? -(unsigned)err : (unsigned)err;
	const char *name = number < 512 ? strerrorname_np((int)number) : NULL;

	if (!name)
		name = numbered_name(internal, ARRAY_SIZE(internal), (int)number);
	return name ? name : made_name(buf, "E%u", number);
}

const char *qtype_name(__u16 type, struct name_buf *buf)
{
	static const struct numbered types[] = {
		{ns_t_a, "A"},
		{ns_t_aaaa, "AAAA"},
		{ns_t_ns, "NS"},
		{ns_t_cname, "CNAME"},
		{ns_t_soa, "SOA"},
		{ns_t_ptr, "PTR"},
		{ns_t_mx, "MX"},
		{ns_t_txt, "TXT"},
		{ns_t_srv, "SRV"},
		{ns_t_naptr, "NAPTR"},
		{43, "DS"},
		{46, "RRSIG"},
		{48, "DNSKEY"},
		{64, "SVCB"},
		{65, "HTTPS"},
		{ns_t_any, "ANY"},
		{257, "CAA"},
	};
	const char *name = numbered_name(types, ARRAY_SIZE(types), type);

	return name ? name : made_name(buf, "TYPE%u", type); /* RFC 3597, section 5 */
}

const char *rcode_name(int rcode, struct name_buf *buf)
{
	static const struct numbered rcodes[] = {
		{ns_r_noerror, "NOERROR"},
		{ns_r_formerr, "FORMERR"},
		{ns_r_servfail, "SERVFAIL"},
		{ns_r_nxdomain, "NXDOMAIN"},
		{ns_r_notimpl, "NOTIMP"},
		{ns_r_refused, "REFUSED"},
		{ns_r_yxdomain, "YXDOMAIN"},
		{ns_r_yxrrset, "YXRRSET"},
		{ns_r_nxrrset, "NXRRSET"},
		{ns_r_notauth, "NOTAUTH"},
		{ns_r_notzone, "NOTZONE"},
		{16, "BADVERS"},
	};
	const char *name = numbered_name(rcodes, ARRAY_SIZE(rcodes), rcode);

	return name ? name : made_name(buf, "RCODE%d", rcode);
}

const char *eai_name(int ret, struct name_buf *buf)
{
	static const struct numbered values[] = {
		{0, "NOERROR"},
		{EAI_BADFLAGS, "EAI_BADFLAGS"},
		{EAI_NONAME, "EAI_NONAME"},
		{EAI_AGAIN, "EAI_AGAIN"},
		{EAI_FAIL, "EAI_FAIL"},
		{EAI_NODATA, "EAI_NODATA"},
		{EAI_FAMILY, "EAI_FAMILY"},
		{EAI_SOCKTYPE, "EAI_SOCKTYPE"},
		{EAI_SERVICE, "EAI_SERVICE"},
		{EAI_ADDRFAMILY, "EAI_ADDRFAMILY"},
		{EAI_MEMORY, "EAI_MEMORY"},
		{EAI_SYSTEM, "EAI_SYSTEM"},
		{EAI_OVERFLOW, "EAI_OVERFLOW"},
	};
	const char *name = numbered_name(values, ARRAY_SIZE(values), ret);

	return name ? name : made_name(buf, "EAI_%d", ret);
}

const char *l4_proto_name(__u8 proto)
{
	static const struct numbered protos[] = {
		{IPPROTO_TCP, "tcp"},
		{IPPROTO_UDP, "udp"},
	};

	return numbered_name(protos, ARRAY_SIZE(protos), proto);
}

const char *icmp_name(__u8 family, __u8 type, __u8 code)
{
	static const struct numbered v4[] = {
		{ICMP_NET_UNREACH, "network unreachable"},
		{ICMP_HOST_UNREACH, "host unreachable"},
		{ICMP_PROT_UNREACH, "protocol unreachable"},
		{ICMP_PORT_UNREACH, "port unreachable"},
		{ICMP_FRAG_NEEDED, "fragmentation needed"},
		{ICMP_NET_ANO, "network prohibited"},
		{ICMP_HOST_ANO, "host prohibited"},
		{ICMP_PKT_FILTERED, "administratively prohibited"},
	};
	static const struct numbered v6[] = {
		{ICMP6_DST_UNREACH_NOROUTE, "no route"},
		{ICMP6_DST_UNREACH_ADMIN, "administratively prohibited"},
		{ICMP6_DST_UNREACH_BEYONDSCOPE, "beyond scope of source address"},
		{ICMP6_DST_UNREACH_ADDR, "address unreachable"},
		{ICMP6_DST_UNREACH_NOPORT, "port unreachable"},
		{5, "source address failed policy"},
		{6, "route rejects"},
	};
	const char *name = NULL;

	if (family == 6 && type == ICMP6_PACKET_TOO_BIG)
		name = "packet too big";
	else if (type == (family == 6 ? ICMP6_TIME_EXCEEDED : ICMP_TIME_EXCEEDED))
		name = "time exceeded";
	else if (family == 6 && type == ICMP6_DST_UNREACH)
		name = numbered_name(v6, ARRAY_SIZE(v6), code);
	else if (family != 6 && type == ICMP_DEST_UNREACH)
		name = numbered_name(v4, ARRAY_SIZE(v4), code);
	return name ? name : "";
}

struct address address_of(const __u8 bytes[16], __u8 family)
{
	static const __u8 mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct address a = {.family = family};

	if (family == 6 && !memcmp(bytes, mapped, sizeof(mapped))) {
		a.family = 4;
		memcpy(a.bytes, bytes + sizeof(mapped), 4);
	} else if (family == 4 || family == 6) {
		memcpy(a.bytes, bytes, family == 4 ? 4 : 16);
	} else {
		a.family = 0;
	}
	return a;
}

bool address_is_any(const struct address *a)
{
	static const __u8 zero[16];

	return !memcmp(a->bytes, zero, sizeof(zero));
}

const char *address_name(const struct address *a, struct name_buf *buf)
{
	struct address plain = address_of(a->bytes, a->family);

	if (!plain.family)
		return "?";
	inet_ntop(
		plain.family == 4 ? AF_INET : AF_INET6, plain.bytes, buf->text, sizeof(buf->text));
	return buf->text;
}

const char *endpoint_name(const struct address *a, __u16 port, struct name_buf *buf)
{
	struct name_buf addr;
	const char *name = address_name(a, &addr);

	if (!port)
		return made_name(buf, "%s", name);
	return made_name(buf, strchr(name, ':') ? "[%s]:%u" : "%s:%u", name, ntohs(port));
}

/* X units of DIV nanoseconds with three digits, or false: the next unit is better. */
static bool duration_in(__u64 ns, __u64 div, const char *unit, bool last, struct name_buf *buf)
{
	__u64 whole = ns / div + (ns % div + div / 2) / div;

	if (ns / div < 10 && (ns * 100 + div / 2) / div < 1000) {
		__u64 x = (ns * 100 + div / 2) / div;

		made_name(buf, "%llu.%02llu %s", x / 100, x % 100, unit);
		return true;
	}
	if (ns / div < 100 && (ns * 10 + div / 2) / div < 1000) {
		__u64 x = (ns * 10 + div / 2) / div;

		made_name(buf, "%llu.%llu %s", x / 10, x % 10, unit);
		return true;
	}
	if (whole >= 1000 && !last)
		return false;
	made_name(buf, "%llu %s", whole, unit);
	return true;
}

const char *duration_name(__u64 ns, struct name_buf *buf)
{
	if (ns < 1000)
		return made_name(buf, "%llu ns", ns);
	if (!duration_in(ns, 1000, "us", false, buf) && !duration_in(ns, 1000000, "ms", false, buf))
		duration_in(ns, 1000000000, "s", true, buf);
	return buf->text;
}
