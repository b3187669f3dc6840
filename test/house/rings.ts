/**
 * The rooms of this house and what each may import, as one table. An arrow that the table does not name fails the test:
 * either the code stands in the wrong room, or the table is to be changed, with the sentence that says why.
 */

export interface Room {
  /** Path from the root, a folder with its slash. */
  readonly path: string
  /** Paths that it may import, beside itself. */
  readonly mayImport: readonly string[]
  /** Packages it may import; every other one belongs elsewhere. `node:*`: all of Node. */
  readonly packages: readonly string[]
  readonly why: string
}

const domain = ['schemas/', 'functions/core/', 'functions/errors.ts']
const world = [...domain, 'functions/ports.ts', 'functions/streams/']

export const ROOMS: readonly Room[] = [
  {
    path: 'schemas/',
    mayImport: [],
    packages: ['zod', 'node:fs'],
    why: 'both sides of every exchange read the contracts, so they carry no behaviour along (node:fs: the generator writes schemas/json)',
  },
  {
    path: 'functions/errors.ts',
    mayImport: [],
    packages: [],
    why: 'an error crosses every ring',
  },
  {
    path: 'functions/core/',
    mayImport: ['schemas/'],
    packages: ['zod', 'canonicalize', 'pure-rand', 'gpt-tokenizer', 'node:crypto'],
    why: 'what is decided is a function of values: no file, no network, no clock, so that anybody can recompute it',
  },
  {
    path: 'functions/ports.ts',
    mayImport: ['schemas/', 'functions/core/'],
    packages: [],
    why: 'a port is named in the words of the core, and knows nobody who implements it',
  },
  {
    path: 'functions/streams/',
    mayImport: ['functions/ports.ts', 'functions/errors.ts', 'schemas/'],
    packages: ['node:crypto', 'node:util', 'node:zlib'],
    why: 'lines and objects on their way are the same for steps and for adapters; they mean nothing here, and one that does not read says so (node:zlib, node:util: frames of a segment)',
  },
  {
    path: 'functions/pages/',
    mayImport: domain,
    packages: ['hono', 'd3-shape'],
    why: 'a page is a pure function of what it shows: the same bytes on a laptop and behind API Gateway',
  },
  {
    path: 'functions/harness-client/',
    mayImport: domain,
    packages: [],
    why: "it is bundled into a user's own function and brings nothing else of this program",
  },
  {
    path: 'functions/steps/',
    mayImport: [...world, 'functions/pages/'],
    packages: ['zod', 'node:crypto', 'node:timers'],
    why: 'the loop runs over ports: the same step on files and in AWS',
  },
  {
    path: 'functions/adapters/',
    mayImport: world,
    packages: [
      '@aws-sdk/*',
      '@smithy/*',
      'jsonata',
      'hono',
      'zod',
      'csv-parse',
      'hyparquet',
      'hyparquet-compressors',
      'protobufjs',
      'yauzl',
      'node:*',
    ],
    why: 'an adapter fulfils one port; what happens with it is not its business, so it stands beside the steps and not on them',
  },
  {
    path: 'functions/embedded/',
    mayImport: [...world, 'functions/pages/', 'functions/steps/', 'functions/adapters/'],
    packages: ['node:*'],
    why: 'puts the adapters of one machine under the steps, and serves the pages there',
  },
  {
    path: 'functions/mcp/',
    mayImport: [...world, 'functions/steps/'],
    packages: ['zod', '@modelcontextprotocol/server', 'node:stream'],
    why: 'what agents may ask, over ports that have no vault; it opens no store and names no adapter, so that no tool can reach further than its ports',
  },
  {
    path: 'functions/lambda/',
    mayImport: [...world, 'functions/pages/', 'functions/steps/', 'functions/adapters/'],
    packages: ['@aws-sdk/*', '@aws-lambda-powertools/*', '@middy/core', 'aws-lambda', 'node:*'],
    why: 'puts the adapters of AWS under the steps, and says what every function has in common',
  },
  {
    path: 'functions/handlers/',
    mayImport: [...world, 'functions/steps/', 'functions/adapters/', 'functions/lambda/'],
    packages: ['zod', '@aws-sdk/*', 'node:*'],
    why: 'one file a function: parse, call one step through ports, return',
  },
  {
    path: 'functions/demo/',
    mayImport: [...world, 'functions/steps/'],
    packages: ['pure-rand', 'node:*'],
    why: 'the bundled example is synthetic and stands for a user: what it may touch, a user may touch',
  },
  {
    path: 'functions/cli/',
    mayImport: [
      ...world,
      'functions/pages/',
      'functions/steps/',
      'functions/adapters/',
      'functions/embedded/',
      'functions/mcp/',
      'functions/demo/',
      'functions/maps/',
    ],
    packages: ['commander', 'node:*'],
    why: 'one file a verb; nothing of it is needed to deploy',
  },
  {
    path: 'functions/index.ts',
    mayImport: [...world, 'functions/steps/', 'functions/adapters/', 'functions/embedded/', 'functions/demo/'],
    packages: [],
    why: 'what another program may import from this one: it only hands names on',
  },
  {
    path: 'bin/',
    mayImport: ['functions/', 'lib/', 'schemas/'],
    packages: ['commander', 'esbuild', 'typescript', 'aws-cdk-lib', 'node:*'],
    why: 'starts something; argument parsing only',
  },
  {
    path: 'lib/',
    mayImport: [
      'schemas/',
      'functions/adapters/local/module/harness-files.ts',
      'functions/core/live/live-model.ts',
      'functions/core/contract/contract.ts',
    ],
    packages: ['zod', 'aws-cdk-lib', 'constructs', 'cdk-nag', 'esbuild', 'node:*'],
    why: 'describes resources at synthesis; it knows handlers by their path, so that no CDK code is ever bundled (harness-files: what of a module is deployed is what its digest covers, said in one place; live-model: a document that nobody signed stops the synthesis; contract: so does a target that leaves a question open)',
  },
]

/** Folders of a room in the order in which data flows through it: each may import only those before it. */
export const FLOORS: Readonly<Record<string, readonly string[]>> = {
  'functions/core/': [
    'canonical.ts',
    'mac.ts',
    'live/',
    'statistics/',
    'instant.ts',
    'json-logic.ts',
    'sampler/',
    'bytes/',
    'audit/',
    'heads/',
    'space/',
    'replay/',
    'model/',
    'traces/',
    'survey/',
    'experience/',
    'evaluate/',
    'baseline/',
    'contract/',
    'search/',
    'proposers/',
    'gate/',
    'plan/',
    'select/',
    'evidence/',
    'review/',
    'proposal/',
    'outcome.ts',
    'release/',
    'attest/',
    'cadence/',
    'insight/',
    'report/',
    'export/',
    'run-autotune.ts',
  ],
  'functions/steps/': [
    'store/',
    'model/',
    'live/',
    'replay/',
    'experience/',
    'heads/',
    'heldout/',
    'run/',
    'plan/',
    'evidence/',
    'review/',
    'release/',
    'attest/',
    'cadence/',
    'insight/',
    'report/',
    'workbench/',
    'agent/',
    'erase/',
    'export/',
  ],
}
