/** Versions where nothing keeps old bytes: a version is the digest of its bytes, and is there while they stand. */
import { digestOfBytes } from '#core/canonical.ts'

/** Are these the bytes of a version; undefined: of whichever one. */
export const isVersion = (bytes: Uint8Array, version: string | undefined): boolean =>
  version === undefined || digestOfBytes(bytes) === version
