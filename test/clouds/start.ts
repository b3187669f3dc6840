/** Both emulators on loopback as one cloud, or a plain line why they are not there and their tests are skipped. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe } from 'vitest'
import { install } from './install.ts'

const installed = install()
if ('skip' in installed) console.log(`no emulators on this machine (${installed.skip}): their tests are skipped`)

export const describeClouds: ReturnType<typeof describe.skipIf> = describe.skipIf('skip' in installed)

const REGION = 'eu-central-1'
const ROOT = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: REGION }
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

export interface Clouds {
  /** Folder for files of a test; it goes with the clouds. */
  readonly folder: string
  /** Everything but Step Functions. */
  readonly endpoint: string
  /** Step Functions. */
  readonly states: string
  /** Clients of the SDK in this process: under the root of the account, unless other credentials are named. */
  readonly client: {
    readonly region: string
    readonly endpoint: string
    readonly requestHandler: object
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  }
  /** Runs `node ARGS` as a person does who has an account there; what it printed and its code. */
  node(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }>
  /** A request by HTTP, whatever host its address names: it is told to the emulator as that host. */
  http(method: string, url: string, form?: URLSearchParams): Promise<{ readonly status: number; readonly body: string }>
  /** What IAM refused so far, a line each. */
  refused(): readonly string[]
  close(): Promise<void>
}

export async function startClouds(): Promise<Clouds> {
  if ('skip' in installed) throw new Error(installed.skip)
  const folder = mkdtempSync(join(installed.root, 'work-'))
  const [temporary, certificate, key] = [join(folder, 'tmp'), join(folder, 'server.crt'), join(folder, 'server.key')]
  mkdirSync(temporary)
  // Functions find the SDK, which Lambda brings with it, above the folder that they are unpacked in.
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  const subject = ['-subj', '/CN=clouds', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost']
  const pair = ['-keyout', key, '-out', certificate, '-days', '2', ...subject]
  await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...pair])
  const [port, statesPort] = [await freePort(), await freePort()]
  const [endpoint, states] = [`https://127.0.0.1:${port}`, `http://127.0.0.1:${statesPort}`]
  const trusting = { NODE_EXTRA_CA_CERTS: certificate, AWS_CA_BUNDLE: certificate, AWS_ENDPOINT_URL_SFN: states }
  const env = {
    ...process.env,
    ...ROOT,
    ...trusting,
    TMPDIR: temporary,
    PATH: `${resolve('node_modules/.bin')}:${process.env.PATH}`,
  }
  const log = join(folder, 'ministack.log')
  const children = [
    begin(installed.ministack, [script('ministack_cloud.py')], log, {
      ...env,
      AUTH: 'true',
      USE_SSL: '1',
      MINISTACK_SSL_CERT: certificate,
      MINISTACK_SSL_KEY: key,
      GATEWAY_PORT: `${port}`,
      BIND_HOST: '127.0.0.1',
      // In the address of the desk, which has a name of its own before it.
      MINISTACK_HOST: 'localhost',
      MINISTACK_REGION: REGION,
      IOT_MTLS_ENABLED: '0',
    }),
    begin(
      installed.localstack,
      [script('localstack_states.py'), `${statesPort}`, endpoint],
      join(folder, 'states.log'),
      env,
    ),
  ]
  const close = async (): Promise<void> => {
    await Promise.all(children.map(end))
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    for (const each of [port, statesPort]) await listening(each, children)
  } catch (error) {
    await close()
    throw error
  }
  const agent = new Agent({ ca: readFileSync(certificate) })
  return {
    folder,
    endpoint,
    states,
    client: {
      region: REGION,
      endpoint,
      requestHandler: { httpsAgent: agent },
      credentials: { accessKeyId: ROOT.AWS_ACCESS_KEY_ID, secretAccessKey: ROOT.AWS_SECRET_ACCESS_KEY },
    },
    node: (...args) => run(args, { ...env, AWS_ENDPOINT_URL: endpoint, COLUMNS: '9999' }),
    http: (method, url, form) => http(agent, port, method, new URL(url), form),
    refused: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('REFUSED')),
    close,
  }
}

/** Starts one, as the head of a group of processes: functions are its children. */
function begin(python: string, args: readonly string[], log: string, env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(python, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const out = createWriteStream(log)
  child.stdout!.pipe(out, { end: false })
  child.stderr!.pipe(out, { end: false })
  return child
}

async function end(child: ChildProcess): Promise<void> {
  const gone = child.exitCode !== null || child.signalCode !== null ? null : once(child, 'exit')
  try {
    process.kill(-child.pid!, 'SIGKILL')
  } catch {
    // Nobody is left in that group.
  }
  await gone
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function listening(port: number, children: readonly ChildProcess[]): Promise<void> {
  const { connect } = await import('node:net')
  for (let tries = 0; tries < 600; tries++) {
    if (children.some((child) => child.exitCode !== null)) throw new Error('an emulator ended while it started')
    const socket = connect(port, '127.0.0.1')
    const open = await new Promise<boolean>((say) =>
      socket.once('connect', () => say(true)).once('error', () => say(false)),
    )
    socket.destroy()
    if (open) return
    await delay(100)
  }
  throw new Error(`no emulator listens on ${port} after a minute`)
}

async function run(args: readonly string[], env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text))
  const [code] = (await once(child, 'close')) as [number]
  return { code, ...said }
}

async function http(
  agent: Agent,
  port: number,
  method: string,
  { host, hostname, pathname }: URL,
  form?: URLSearchParams,
) {
  // What a function is told of the address has no port, as in AWS, where it is that of https.
  const headers = {
    host,
    ...(form ? { origin: `https://${hostname}`, 'content-type': 'application/x-www-form-urlencoded' } : {}),
  }
  const sent = request({ agent, host: '127.0.0.1', port, servername: 'localhost', method, path: pathname, headers })
  sent.end(form?.toString())
  const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage]
  const body = (await Array.fromAsync(response.setEncoding('utf8'))).join('')
  return { status: response.statusCode!, body }
}
