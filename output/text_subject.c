// SPDX-License-Identifier: GPL-2.0-only
/* Whom a call works for, as text: addresses, and of the link layer what a reader looks for. */
#include "output/names.h"
#include "output/text_page.h"

static const char *proto_name(__u8 proto, struct name_buf *buf)
{
	const char *name = l4_proto_name(proto);

	if (name)
		return name;
	if (proto == 1 || proto == 58)
		return proto == 1 ? "icmp" : "icmp6";
	snprintf(buf->text, sizeof(buf->text), "proto %u", proto);
	return buf->text;
}

/* "10.9.1.2:40000 > 10.9.2.2:80 tcp S" */
static bool draw_tuple(struct page *p, const struct subject *s)
{
	struct address saddr = address_of(s->tuple.saddr, s->tuple.family);
	struct address daddr = address_of(s->tuple.daddr, s->tuple.family);
	char flags[TCP_FLAGS_LEN];
	struct name_buf buf;

	if (!daddr.family)
		return false;
	fprintf(p->f, "%s > ", endpoint_name(&saddr, s->tuple.sport, &buf));
	fputs(endpoint_name(&daddr, s->tuple.dport, &buf), p->f);
	fprintf(p->f, " %s", proto_name(s->tuple.l4_proto, &buf));
	if (*tcp_flags_words(s, flags))
		fprintf(p->f, " %s", flags);
	return true;
}

static void draw_ip(struct page *p, const char *before, const __u8 *ip, __u8 family)
{
	struct address a = {.family = family};
	struct name_buf buf;

	memcpy(a.bytes, ip, family == 4 ? 4 : 16);
	fprintf(p->f, "%s%s", before, address_name(&a, &buf));
}

static void draw_mac(struct page *p, const char *before, const __u8 mac[6])
{
	char buf[MAC_LEN];

	fprintf(p->f, "%s%s", before, mac_name(mac, buf));
}

/* "ARP who-has 10.0.0.2 tell 10.0.0.1", as tcpdump has it */
static void draw_arp(struct page *p, const struct l2_arp *arp)
{
	char op[ARP_OP_LEN];

	switch (arp->op) {
	case L2_ARP_REQUEST:
		draw_ip(p, "ARP who-has ", arp->target_ip, 4);
		draw_ip(p, " tell ", arp->sender_ip, 4);
		break;
	case L2_ARP_REPLY:
		draw_ip(p, "ARP reply ", arp->sender_ip, 4);
		draw_mac(p, " is-at ", arp->sender_mac);
		break;
	default:
		fprintf(p->f, "ARP op %s", arp_op_name(arp->op, op));
		draw_ip(p, " ", arp->sender_ip, 4);
		draw_ip(p, " > ", arp->target_ip, 4);
		break;
	}
}

/* " neighbour solicitation, who has fe80::2" */
static void draw_nd(struct page *p, const struct l2_nd *nd)
{
	fputc(' ', p->f);
	for (const char *c = nd_type_name(nd->type); *c; c++)
		fputc(*c == '_' ? ' ' : *c, p->f);
	if (nd->type == L2_ND_NEIGHBOUR_SOLICITATION && nd->has_target)
		draw_ip(p, ", who has ", nd->target, 6);
	if (nd->type == L2_ND_NEIGHBOUR_ADVERTISEMENT && nd->has_target) {
		draw_ip(p, ", ", nd->target, 6);
		if (nd->has_lladdr)
			draw_mac(p, " is-at ", nd->lladdr);
	}
}

/* MAC addresses of what has no others, or is about them; tags always. */
static void draw_link(struct page *p, const struct l2_headers *l2, bool has_tuple)
{
	if (l2->eth && (!has_tuple || l2->content)) {
		draw_mac(p, "  ", l2->src);
		draw_mac(p, " > ", l2->dst);
	}
	for (unsigned i = 0; i < l2->vlans; i++)
		fprintf(p->f, "%s%u", i ? "/" : "  vlan ", l2->vlan[i]);
}

void text_subject(struct page *p, const struct subject *s)
{
	__u16 ethertype = s->l2.ethertype ? s->l2.ethertype : s->ethertype;
	bool has_tuple = draw_tuple(p, s);

	if (s->l2.content == L2_ARP)
		draw_arp(p, &s->l2.arp);
	else if (s->l2.content == L2_ND)
		draw_nd(p, &s->l2.nd);
	else if (!has_tuple && ethertype)
		fprintf(p->f, "ethertype 0x%04x", ethertype);
	else if (!has_tuple)
		fputs(s->packet ? "no headers yet" : "no addresses", p->f);
	draw_link(p, &s->l2, has_tuple);
}

/* Of MAC addresses only where they are shown. */
static bool same_link(const struct subject *a, const struct subject *b)
{
	const struct l2_headers *x = &a->l2, *y = &b->l2;

	if (!a->tuple.family || x->content || y->content)
		return !memcmp(x, y, sizeof(*x));
	return x->vlans == y->vlans && !memcmp(x->vlan, y->vlan, sizeof(x->vlan));
}

/* Would B's header say the same as A's, but for the time? */
bool text_same_subject(const struct subject *a, const struct subject *b)
{
	if (a == b || !b)
		return true; /* what works for nobody known goes on for whom it was called */
	return a && a->number == b->number && a->owner_known == b->owner_known &&
	       a->owner.tgid == b->owner.tgid && a->tcp_flags == b->tcp_flags &&
	       !memcmp(&a->tuple, &b->tuple, sizeof(a->tuple)) && same_link(a, b) &&
	       (a->number || a->sk == b->sk);
}
