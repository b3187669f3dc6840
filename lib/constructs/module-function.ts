/**
 * A function in which a module of a user's own runs, in a process of its own for each call. It may do nothing: no right, no log,
 * no trace, no variable.
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import type { Duration } from 'aws-cdk-lib'
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2'
import { Policy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { buildSync } from 'esbuild'
import { type HarnessFiles, harnessFiles } from '../../functions/adapters/local/module/harness-files.ts'
import { BUNDLING, sourceFile } from '../bundling.ts'
import { logGroup, mayJoinVpc, runtimeOf } from './runtime-settings.ts'

/** What a module is for. */
interface ModuleUse {
  /** What it is to people, with a comma where its path follows. */
  readonly called: string
  /** Source that the bundle of its host begins with. */
  readonly main: string
  /** What it exports, and how that is written. */
  readonly exports: { readonly name: string; readonly as: string }
  /** What is left to do where its digest changes. */
  readonly after: string
}

/** Shape of its function. */
interface ModuleFunctionProps {
  /** Folder of `moduleAsset`. */
  readonly asset: string
  /** Megabytes: the process of a module may take 1,024 of them. */
  readonly memory: number
  /** Longest that one call may take. */
  readonly timeout: Duration
  /**
   * Calls at once, reserved for it.
   * @default - none are reserved
   */
  readonly reservedConcurrentExecutions?: number
}

/** The function, alone in a scope. */
export function moduleFunction(scope: Construct, { asset, memory, ...shape }: ModuleFunctionProps): LambdaFunction {
  const { vpc, vpcSubnets } = runtimeOf(scope)
  // In a VPC nothing goes out. In Lambda's own network something could; what it would need there is no right of ours.
  const network = vpc && {
    vpc,
    ...(vpcSubnets ? { vpcSubnets } : {}),
    securityGroups: [new SecurityGroup(scope, 'NoWayOut', { vpc, allowAllOutbound: false })],
  }
  const role = new Role(scope, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
  const joining = mayJoinVpc(scope)
  const policy = joining.length > 0 ? new Policy(scope, 'Policy', { roles: [role], statements: joining }) : null
  const made = new LambdaFunction(scope, 'Function', {
    code: Code.fromAsset(asset),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: memory,
    ...shape,
    role,
    // It stays empty: whoever reads it would read what a module prints of a case.
    logGroup: logGroup(scope, 'Log'),
    tracing: Tracing.DISABLED,
    ...network,
  })
  if (policy) made.node.addDependency(policy)
  return made
}

/**
 * A folder with the host and, as they lie, the module's files, of the same digest.
 * @throws RangeError for a module that is not there or exports something else, and where the copy would have another digest
 */
export function moduleAsset(
  { called, main, exports, after }: ModuleUse,
  path: string,
  asset: string,
): { readonly digest: string; readonly asset: string } {
  let files: HarnessFiles
  try {
    files = harnessFiles(path, null, called)
  } catch (error) {
    throw new RangeError((error as Error).message)
  }
  if (!mayExport(files.file, exports.name))
    throw new RangeError(`${called} ${path} exports no ${exports.name}: name a script with "${exports.as}"`)
  const parts = [...files.local, ...files.packages.map((p) => p.found)]
  const top = parts.map((part) => dirname(part)).reduce(commonFolder)
  mkdirSync(asset, { recursive: true })
  for (const part of parts)
    cpSync(part, join(asset, 'own', relative(top, part)), { recursive: true, dereference: true })
  const file = join('own', relative(top, files.file)).replaceAll(sep, '/')
  const copied = harnessFiles(join(asset, file), null)
  if (copied.digest !== files.digest)
    throw new RangeError(
      `the module ${path} has links, which are plain files in a deployment, and with them another digest: replace them by what they lead to, install packages without links, and ${after}`,
    )
  writeFileSync(join(asset, 'module.json'), JSON.stringify({ module: path, file }))
  const { externalModules, ...options } = BUNDLING
  buildSync({
    ...options,
    entryPoints: {
      index: sourceFile(main),
      'host-child': sourceFile('functions/adapters/local/module/host-child'),
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: externalModules,
    // Libraries of the older kind ask for what is Node's own.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    outExtension: { '.js': '.mjs' },
    outdir: asset,
    logLevel: 'error',
  })
  return { digest: files.digest, asset }
}

/** Can a file export a name? What it hands on of other files, and what scripts of the older kind assign, is believed. */
function mayExport(file: string, name: string): boolean {
  try {
    const { metafile, outputFiles } = buildSync({
      entryPoints: [file],
      format: 'esm',
      metafile: true,
      write: false,
      outdir: dirname(file),
      logLevel: 'silent',
    })
    const [made] = Object.values(metafile.outputs)
    const [read] = Object.values(metafile.inputs)
    const text = outputFiles[0]!.text
    if (read?.format === 'cjs') return text.includes(name)
    // JSON exports its names there, and not in Node.
    return read?.format === 'esm' && (made!.exports.includes(name) || /^export \* from/m.test(text))
  } catch {
    return false
  }
}

function commonFolder(a: string, b: string): string {
  const [left, right] = [a.split(sep), b.split(sep)]
  const at = left.findIndex((part, i) => part !== right[i])
  return at < 0 ? a : left.slice(0, at).join(sep) || sep
}
