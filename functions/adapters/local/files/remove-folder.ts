/** Clearing away a folder that was made for a while. */
import { rmSync } from 'node:fs'

/** As far as the system lets: what led here is told, and not that this failed too. */
export function removeFolder(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch {
    // Out of open files or of rights: what stays is private, and in nobody's way.
  }
}
