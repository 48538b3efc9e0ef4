// SPDX-License-Identifier: GPL-2.0-only
/*
 * pl_test - a kernel module whose functions pathlag has to find: built outside the kernel's tree,
 * with BTF or without.
 *
 * Each UDP packet to port 9 passes, in every network namespace:
 *
 *	on its way out	pl_test_send(sk, port)		the socket is argument 1
 *	on its way in	pl_test_rx(port, skb)		the packet is argument 2
 *			  pl_test_inner(n)		called inside it; neither packet nor socket
 *
 * /sys/module/pl_test/parameters/packets counts the calls of pl_test_rx.
 */
#include <linux/atomic.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/net_namespace.h>

#define PORT_DISCARD 9

/* A function of its own whatever the compiler thinks of it: not inlined, not cloned. */
#define STAND_ALONE noinline __attribute__((noipa))

static atomic_t packets;
module_param_named(packets, packets.counter, int, 0444);

static STAND_ALONE int pl_test_inner(int n)
{
	return atomic_add_return(n, &packets);
}

static STAND_ALONE int pl_test_rx(int port, struct sk_buff *skb)
{
	return pl_test_inner(1) > 0 ? port : (int)skb->len;
}

static STAND_ALONE int pl_test_send(struct sock *sk, int port)
{
	return sk ? port : 0;
}

/* The destination port of a UDP packet whose IP header is at the network header; 0 = another. */
static int udp_port(const struct sk_buff *skb, u8 family)
{
	struct udphdr buffer;
	const struct udphdr *udp;
	int offset = skb_network_offset(skb);

	if (family == NFPROTO_IPV4) {
		if (ip_hdr(skb)->protocol != IPPROTO_UDP)
			return 0;
		offset += ip_hdrlen(skb);
	} else {
		if (ipv6_hdr(skb)->nexthdr != IPPROTO_UDP)
			return 0;
		offset += sizeof(struct ipv6hdr);
	}
	udp = skb_header_pointer(skb, offset, sizeof(buffer), &buffer);
	return udp ? ntohs(udp->dest) : 0;
}

static unsigned int on_the_way_in(
	void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	if (udp_port(skb, state->pf) == PORT_DISCARD)
		pl_test_rx(PORT_DISCARD, skb);
	return NF_ACCEPT;
}

static unsigned int on_the_way_out(
	void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	if (udp_port(skb, state->pf) == PORT_DISCARD)
		pl_test_send(state->sk, PORT_DISCARD);
	return NF_ACCEPT;
}

static const struct nf_hook_ops hooks[] = {
	{.hook = on_the_way_in, .pf = NFPROTO_IPV4, .hooknum = NF_INET_PRE_ROUTING},
	{.hook = on_the_way_in, .pf = NFPROTO_IPV6, .hooknum = NF_INET_PRE_ROUTING},
	{.hook = on_the_way_out, .pf = NFPROTO_IPV4, .hooknum = NF_INET_LOCAL_OUT},
	{.hook = on_the_way_out, .pf = NFPROTO_IPV6, .hooknum = NF_INET_LOCAL_OUT},
};

static int __net_init pl_test_net_init(struct net *net)
{
	return nf_register_net_hooks(net, hooks, ARRAY_SIZE(hooks));
}

static void __net_exit pl_test_net_exit(struct net *net)
{
	nf_unregister_net_hooks(net, hooks, ARRAY_SIZE(hooks));
}

static struct pernet_operations pl_test_net = {
	.init = pl_test_net_init,
	.exit = pl_test_net_exit,
};

static int __init pl_test_init(void)
{
	return register_pernet_subsys(&pl_test_net);
}

static void __exit pl_test_exit(void)
{
	unregister_pernet_subsys(&pl_test_net);
}

module_init(pl_test_init);
module_exit(pl_test_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("functions for pathlag's tests to trace");
