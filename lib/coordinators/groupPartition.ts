/**
 * Which partition of `__consumer_offsets` keeps a group? The one that the hash of its id says, and the leader of that partition is the
 * group's coordinator. The hash is that of Java's `String.hashCode`, because every broker and tool that reads the topic counts on it.
 */
// #region groupPartition
export function groupPartition(groupId: string, partitions: number): number {
  let hash = 0;
  for (let index = 0; index < groupId.length; index++) hash = (Math.imul(hash, 31) + groupId.charCodeAt(index)) | 0;
  // The absolute value of the smallest integer does not fit 32 bits; Kafka takes 0 for it.
  return hash === -0x80000000 ? 0 : Math.abs(hash) % partitions;
}
// #endregion groupPartition
