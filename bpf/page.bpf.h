/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page.bpf.h - bytes of a packet that lie in pages: what TCP sends, and what many drivers receive.
 *
 * A fragment names its struct page; to read it we need the page's address. All struct pages lie in
 * one array and all memory is mapped in the same order, so with
 *
 *	address = page_base + (struct page's address << scale)
 *
 * one page known both ways gives page_base for all. Where the kernel put the two is random and its
 * variables for it are hidden without CONFIG_KALLSYMS_ALL, but each partly used slab is such a
 * page: its struct slab is its struct page, and the slab's first free object lies in it. A socket
 * leads to the cache it comes from, that to all others; each shows the slab this CPU allocates from
 * or one that lies ready. Only caches with slabs of one page count, so the object's page is no
 * guess, and two slabs of different caches have to agree. Where they do not (memory not mapped in
 * one piece, another allocator, pointers with tags), pages stay unread.
 */
#ifndef PATHLAG_PAGE_BPF_H
#define PATHLAG_PAGE_BPF_H

#include "bpf/skb.bpf.h"
#include "bpf/wait.bpf.h"

#define PAGE_STRUCT_SHIFT 6   /* struct page has 64 bytes wherever this works */
#define CACHES_MAX        128 /* that are asked at a time */
#define PAGE_TRIES_MAX    16
#define OO_SHIFT          16 /* order of a slab in kmem_cache_order_objects */

const volatile __u32 page_shift = 12; /* of this kernel */

__u64 page_base = 0;  /* 0 = not known yet */
__u64 page_guess = 0; /* of the last cache that told */
__u32 page_tries = 0;

/* Only its address counts. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} page_cpu SEC(".maps");

static __always_inline __u64 page_times(__u64 page)
{
	return page << (page_shift - PAGE_STRUCT_SHIFT);
}

/* The address PAGE's bytes are mapped at, 0 where that is not known. */
static __always_inline __u64 page_address(__u64 page)
{
	return page_base ? page_base + page_times(page) : 0;
}

static __always_inline const struct kmem_cache_node *cache_node(const struct kmem_cache *cache)
{
	const struct kmem_cache___per_node *c = (const void *)cache;
	const struct kmem_cache_node *node = NULL;

	if (bpf_core_field_exists(cache->node))
		bpf_core_read(&node, sizeof(node), &cache->node[0]);
	else if (bpf_core_field_exists(c->per_node))
		bpf_core_read(&node, sizeof(node), &c->per_node[0].node);
	return node;
}

/* Is this the struct page of a slab of that cache? And its first free object, if it has one. */
static __always_inline bool slab_of(const struct kmem_cache *cache, __u64 page, __u64 *object)
{
	if (bpf_core_type_exists(struct slab)) {
		const struct slab *slab = (void *)page;

		*object = (__u64)BPF_CORE_READ(slab, freelist);
		return BPF_CORE_READ(slab, slab_cache) == cache;
	} else {
		const struct page___slab *slab = (void *)page;

		*object = (__u64)BPF_CORE_READ(slab, freelist);
		return BPF_CORE_READ(slab, slab_cache) == cache;
	}
}

/* The slab a CPU allocates from; the list of what is free in it is kept beside it. */
static __always_inline __u64 cpu_object(
	const struct kmem_cache *cache, __u64 cpu_offset, __u64 *page)
{
	const struct kmem_cache_cpu *c;
	__u64 unused;

	if (!bpf_core_field_exists(cache->cpu_slab) || !cpu_offset)
		return 0;
	c = (void *)BPF_CORE_READ(cache, cpu_slab) + cpu_offset;
	if (bpf_core_field_exists(c->slab))
		*page = (__u64)BPF_CORE_READ(c, slab);
	else
		*page = (__u64)BPF_CORE_READ((const struct kmem_cache_cpu___v510 *)c, page);
	if (!slab_of(cache, *page, &unused))
		return 0;
	return (__u64)BPF_CORE_READ(c, freelist);
}

/* The first of the slabs that are partly used and that no CPU allocates from. */
static __always_inline __u64 partial_object(const struct kmem_cache *cache, __u64 *page)
{
	const struct kmem_cache_node *node = cache_node(cache);
	__u64 object = 0;

	if (!node)
		return 0;
	*page = (__u64)BPF_CORE_READ(node, partial.next);
	if (bpf_core_type_exists(struct slab))
		*page -= __builtin_preserve_field_info(
			((struct slab *)0)->slab_list, BPF_FIELD_BYTE_OFFSET);
	else
		*page -= __builtin_preserve_field_info(
			((struct page___slab *)0)->slab_list, BPF_FIELD_BYTE_OFFSET);
	return slab_of(cache, *page, &object) ? object : 0;
}

/* What page_base is according to one cache; 0 = it does not tell. */
static __always_inline __u64 base_from_cache(const struct kmem_cache *cache, __u64 cpu_offset)
{
	__u64 page = 0, object;

	if (BPF_CORE_READ(cache, oo.x) >> OO_SHIFT)
		return 0;
	object = cpu_object(cache, cpu_offset, &page);
	if (!object)
		object = partial_object(cache, &page);
	if (!object)
		return 0;
	return (object >> page_shift << page_shift) - page_times(page);
}

/* From a per-CPU pointer to what it means on this CPU: the difference is the same for all. */
static __always_inline __u64 cpu_offset_read(void)
{
	__u32 zero = 0;
	void *map = &page_cpu, *value = bpf_map_lookup_elem(&page_cpu, &zero);
	__u64 array = 0, here = 0, base = 0;

	/* Through memory: the verifier lets no pointers of ours be subtracted. */
	bpf_probe_read_kernel(&array, sizeof(array), &map);
	bpf_probe_read_kernel(&here, sizeof(here), &value);
	bpf_core_read(&base, sizeof(base), &((const struct bpf_array *)array)->pptrs);
	return here && base ? here - base : 0;
}

/* Asks one cache; returns the next one. Global: verified once, not once a turn of the loop and a
 * way that leads here. */
__noinline __u64 page_ask(__u64 at, __u64 cpu_offset)
{
	const struct kmem_cache *cache = (const void *)at;
	__u64 says = base_from_cache(cache, cpu_offset);

	if (says && says == page_guess)
		page_base = says;
	if (says)
		page_guess = says;
	return (__u64)BPF_CORE_READ(cache, list.next) -
	       __builtin_preserve_field_info(((struct kmem_cache *)0)->list, BPF_FIELD_BYTE_OFFSET);
}

/* Finds page_base, once a run; costs some ten microseconds. SK: any full socket. */
__noinline int page_learn(__u64 sk_addr)
{
	const struct sock *sk = (const void *)sk_addr;
	__u64 cache, first, cpu_offset;

	if (page_base || page_tries >= PAGE_TRIES_MAX ||
		bpf_core_type_size(struct page) != 1 << PAGE_STRUCT_SHIFT)
		return 0;
	page_tries++;
	page_guess = 0;
	cpu_offset = cpu_offset_read();
	first = cache = (__u64)BPF_CORE_READ(sk, __sk_common.skc_prot, slab);
	for (int i = 0; i < CACHES_MAX && cache && !page_base; i++) {
		cache = page_ask(cache, cpu_offset);
		if (cache == first) /* all were asked: one must not agree with itself */
			break;
	}
	return 0;
}

/* A skb_frag_t: a bio_vec from 5.4 on, later a struct of its own, the same in memory. */
struct skb_frag_raw {
	__u64 page; /* lowest bit set: memory of a device */
	__u32 len;
	__u32 offset;
};

/* Bytes of a packet in at most two pieces: of the linear part, of the first fragment. */
struct bytes {
	__u64 addr;
	__u64 more_addr;
	__u32 len;
	__u32 more_len;
};

/* All that can be read of SKB from address FROM on, which its linear part has or ends at. */
static __always_inline void bytes_from(
	struct bytes *b, const struct sk_buff *skb, __u64 from, __u64 linear_end)
{
	const struct skb_shared_info *info;
	struct skb_frag_raw frag = {};
	__u64 page;

	b->addr = from;
	b->len = linear_end - from;
	b->more_addr = 0;
	b->more_len = 0;
	if (!BPF_CORE_READ(skb, data_len))
		return;
	info = (const void *)BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, end);
	if (!BPF_CORE_READ(info, nr_frags))
		return;
	if (bpf_core_read(&frag, sizeof(frag), &info->frags) || frag.page & 1)
		return;
	page = page_address(frag.page);
	if (!page)
		return;
	b->more_addr = page + frag.offset;
	b->more_len = frag.len;
	if (!b->len) {
		b->addr = b->more_addr;
		b->len = b->more_len;
		b->more_len = 0;
	}
}

/* Skips N bytes. */
static __always_inline void bytes_skip(struct bytes *b, __u32 n)
{
	if (n < b->len) {
		b->addr += n;
		b->len -= n;
		return;
	}
	n -= b->len;
	b->addr = b->more_addr + n;
	b->len = n < b->more_len ? b->more_len - n : 0;
	b->more_len = 0;
}

#endif
