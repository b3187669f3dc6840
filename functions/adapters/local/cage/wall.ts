/**
 * The wall: namespaces of Linux in which a process sees no other process, no network, no file but those named, and a
 * /tmp of its own. `bwrap` builds them where it is installed, `unshare` and a few lines of shell where it is not.
 */
import { existsSync, lstatSync, readlinkSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What builds the wall: the program's path, and for `unshare` those that it needs inside. */
export type Wall =
  | { readonly by: 'bwrap'; readonly bwrap: string }
  | { readonly by: 'unshare'; readonly unshare: string; readonly setpriv: string; readonly umount: string }

/** Where the parts of a dynamic executable lie. Nothing of a user's is kept there. */
const SYSTEM = ['/usr/lib', '/usr/lib64', '/lib', '/lib64', '/nix/store', '/etc/ld.so.cache'].filter((p) =>
  existsSync(p),
)

const PATHS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin', '/run/current-system/sw/bin']

const findTool = (name: string): string | null =>
  PATHS.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null

/** The builders that are installed, best first. Whether this kernel lets them build is another question. */
export function installedWalls(): Wall[] {
  if (process.platform !== 'linux') return []
  const [bwrap, unshare, setpriv, umount] = ['bwrap', 'unshare', 'setpriv', 'umount'].map(findTool)
  return [
    ...(bwrap ? [{ by: 'bwrap' as const, bwrap }] : []),
    ...(unshare && setpriv && umount ? [{ by: 'unshare' as const, unshare, setpriv, umount }] : []),
  ]
}

/** What stands behind a wall. */
interface Walled {
  /** Executable and arguments, by real paths. */
  readonly command: readonly [string, ...string[]]
  /** Files and folders that can be read there, and nothing else. */
  readonly readable: readonly string[]
  readonly cwd: string
}

/** The command that starts another one behind a wall. It ends when that ends, and with the same exit code. */
export function behind(wall: Wall, { command, readable, cwd }: Walled): [string, ...string[]] {
  const shown = topmost([...SYSTEM, command[0], ...readable])
  if (wall.by === 'bwrap') return [wall.bwrap, ...bwrapArguments(shown, cwd), '--', ...command]
  const { unshare, setpriv, umount } = wall
  return [
    setpriv,
    '--pdeathsig=KILL',
    unshare,
    ...['--user', '--map-root-user', '--mount', '--pid', '--net', '--ipc', '--uts', '--fork', '--kill-child=KILL'],
    ...['/bin/sh', '-c', built(topmost([...shown, setpriv, umount]), umount, cwd), 'cage'],
    ...[setpriv, '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all', '--'],
    ...command,
  ]
}

const bwrapArguments = (shown: readonly string[], cwd: string): string[] => [
  ...['--unshare-all', '--unshare-user', '--uid', '65534', '--gid', '65534', '--hostname', 'cage', '--cap-drop', 'ALL'],
  ...['--die-with-parent', '--new-session'],
  // First, so that what is to be read may lie below it.
  ...['--tmpfs', '/tmp'],
  ...shown.flatMap((path) => (isLink(path) ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path])),
  ...['--dir', cwd, '--remount-ro', '/', '--chdir', cwd],
]

/**
 * Shell that builds the new root and runs its arguments there. It is root of its own namespaces, where /sys makes room. Few
 * processes, since one wall stands around each process of a harness: one makes all folders, one mounts all that is shown.
 * A mount that has flags which it may not lose (noexec) is refused there, and taken in two steps. umount reads /proc, which
 * goes with the old root.
 */
function built(shown: readonly string[], umount: string, cwd: string): string {
  const links = shown.filter(isLink)
  const mounted = shown.filter((path) => !isLink(path))
  const folders = mounted.filter((path) => statSync(path).isDirectory())
  const files = mounted.filter((path) => !folders.includes(path))
  const parents = [...files, ...links].map((path) => dirname(path))
  const inside = (paths: readonly string[]) => [...new Set(paths)].map((path) => word(`/sys${path}`)).join(' ')
  return `set -e
PATH=/usr/sbin:/usr/bin:/sbin:/bin
umask 022
mount -t tmpfs -o mode=0755,size=16m cage /sys
mkdir /sys/tmp /sys/.old
mount -t tmpfs -o size=64m tmp /sys/tmp
mkdir -p ${inside([...folders, ...parents, cwd])}
for file in ${inside(files)}; do : > "$file"; done
${links.map((path) => `ln -s ${word(readlinkSync(path))} ${inside([path])}`).join('\n')}
printf '%s\n' ${mounted.map((path) => word(`${field(path)} ${field(`/sys${path}`)} none bind,ro,nosuid,nodev`)).join(' ')} > /sys/tmp/shown
mount -a -T /sys/tmp/shown 2>/dev/null || for path in ${mounted.map(word).join(' ')}; do
  mount --bind "$path" "/sys$path"
  mount -o remount,bind,ro,nosuid,nodev "/sys$path"
done
rm /sys/tmp/shown
ln -s .old/proc /sys/proc
mount -o remount,bind,ro /sys
cd /sys
pivot_root . .old
${word(umount)} -l /.old
cd ${word(cwd)}
unset OLDPWD file path
exec "$@"
`
}

/** A text as one word of shell. */
const word = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** A path as a field of a list of mounts. */
const field = (path: string): string =>
  path.replaceAll(/[\s\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`)

/** Paths that lie in no other one of them, each once; a symbolic link is shown as the link that it is. */
function topmost(paths: readonly string[]): string[] {
  const all = [...new Set(paths)].sort()
  const folders = new Set(all.filter((path) => !isLink(path)))
  const isInside = (path: string): boolean => {
    const above = dirname(path)
    return above !== path && (folders.has(above) || isInside(above))
  }
  return all.filter((path) => !isInside(path))
}

const isLink = (path: string): boolean => lstatSync(path).isSymbolicLink()
