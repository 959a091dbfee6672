//! Who serves what.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

/// Which node should serve each shard: nobody more than its share, rounded up.
///
/// Every node computes the same from the same nodes, and when one comes or goes, few shards move: each
/// shard ranks the nodes by a hash of both (rendezvous hashing), and the best pairs are
/// made first. Empty when there are no nodes.
pub fn primaries(nodes: &BTreeSet<Uuid>, shards: u32) -> BTreeMap<u32, Uuid> {
    let mut pairs: Vec<(u64, u32, Uuid)> = (0..shards)
        .flat_map(|shard| {
            nodes
                .iter()
                .map(move |node| (rank(*node, shard), shard, *node))
        })
        .collect();
    pairs.sort_unstable_by(|a, b| b.cmp(a));
    let share = (shards as usize).div_ceil(nodes.len().max(1));
    let mut served: BTreeMap<u32, Uuid> = BTreeMap::new();
    let mut loads: BTreeMap<Uuid, usize> = BTreeMap::new();
    for (_, shard, node) in pairs {
        let load = loads.entry(node).or_default();
        if *load < share && !served.contains_key(&shard) {
            served.insert(shard, node);
            *load += 1;
        }
    }
    served
}

/// The same on every node and in every version, unlike the standard library's hashes.
fn rank(node: Uuid, shard: u32) -> u64 {
    let (high, low) = node.as_u64_pair();
    mixed(mixed(mixed(high) ^ low) ^ u64::from(shard))
}

/// The finish of `SplitMix64`: each bit of the input changes each bit of the output half the time.
fn mixed(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(count: u128) -> BTreeSet<Uuid> {
        (1..=count).map(Uuid::from_u128).collect()
    }

    #[test]
    fn every_shard_is_served_and_nobody_has_more_than_their_share() {
        for count in 1..=9 {
            for shards in [1, 7, 64] {
                let served = primaries(&nodes(count), shards);
                assert_eq!(served.len(), shards as usize);
                let share = (shards as usize).div_ceil(usize::try_from(count).unwrap());
                for node in nodes(count) {
                    let load = served.values().filter(|served| **served == node).count();
                    assert!(load <= share, "{load} of {shards} over {count}");
                }
            }
        }
        assert!(primaries(&BTreeSet::new(), 64).is_empty());
    }

    #[test]
    fn few_shards_move_when_a_node_goes() {
        for count in 2..=9_u128 {
            let before = primaries(&nodes(count), 64);
            let after = primaries(&nodes(count - 1), 64);
            let gone = Uuid::from_u128(count);
            let kept = before.iter().filter(|(_, node)| **node != gone).count();
            let moved = before
                .iter()
                .filter(|(shard, node)| **node != gone && after[*shard] != **node)
                .count();
            // Without rendezvous hashing, nearly all of them would.
            assert!(
                moved * 3 <= kept,
                "{moved} of {kept} moved from {count} nodes"
            );
        }
    }

    #[test]
    fn the_ranks_are_fixed() {
        // Another version must agree with this one while both run.
        let first: Vec<u128> = primaries(&nodes(3), 6)
            .values()
            .map(Uuid::as_u128)
            .collect();
        assert_eq!(first, FIXED);
    }

    const FIXED: [u128; 6] = [2, 3, 1, 2, 1, 3];
}
