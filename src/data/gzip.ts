// Says whether bytes are gzip data (RFC 1952, section 2.3.1: ID1 and ID2).
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}
