declare module 'dynalite' {
  import type { Server } from 'node:http'
  /** An in-process DynamoDB; in memory unless a path is given. */
  export default function dynalite(options?: { createTableMs?: number; deleteTableMs?: number; path?: string }): Server
}
