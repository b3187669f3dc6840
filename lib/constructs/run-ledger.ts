/** One table for runs, locks, held-out ledger, rejections, proposals, reviews and rollouts; who may write which item. */
import { Annotations, Arn, ArnFormat, RemovalPolicy, Stack, Token } from 'aws-cdk-lib'
import {
  AttributeType,
  BillingMode,
  CfnGlobalTable,
  CfnTable,
  type ITable,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { needSame } from './environments.ts'

/** How long its table lives. */
interface RunLedgerProps {
  /** Whether the table outlives its stack. */
  readonly retain: boolean
  /**
   * One of the user's own in its place, with the keys `pk` and `sk`.
   * @default - a new one
   */
  readonly table?: ITable | undefined
}

/** Kinds of item, by what stands before the `#` of their partition key (functions/steps/store/ledger-keys.ts). */
export type LedgerEntity =
  | 'lock'
  | 'run'
  | 'heldout'
  | 'family'
  | 'rejection'
  | 'split'
  | 'import'
  | 'ended'
  | 'budget'
  | 'asked'
  | 'askedsealed'
  | 'epoch'
  | 'epochkey'
  | 'review'
  | 'token'
  | 'proposal'
  | 'rollout'
  | 'release'
  | 'version'
  | 'production'

const ALONE: ReadonlySet<LedgerEntity> = new Set([
  'lock',
  'split',
  'import',
  'ended',
  'budget',
  'review',
  'rollout',
  'release',
])

/** Items that the journal of heads speaks about, and the locks that explain what is missing. */
const LOOKED_AT: readonly LedgerEntity[] = [
  'lock',
  'heldout',
  'split',
  'epoch',
  'budget',
  'review',
  'proposal',
  'rejection',
  'rollout',
  'release',
  'version',
  'production',
]

const KEYS = [
  { attributeName: 'pk', keyType: 'HASH' },
  { attributeName: 'sk', keyType: 'RANGE' },
] as const

/**
 * Holds a table of the user's own to what the ledger is; of one that exists nothing can be seen, and it is said what it needs.
 * @throws RangeError for other keys, and for one of another account or region
 */
function needKeys(scope: Construct, table: ITable): void {
  const resource = table.node.defaultChild
  const made = resource instanceof CfnTable || resource instanceof CfnGlobalTable
  const { tableArn } = table
  // One that is imported by its ARN says where it lies there alone.
  const { account = '', region = '' } =
    made || Token.isUnresolved(tableArn) ? table.env : Arn.split(tableArn, ArnFormat.SLASH_RESOURCE_NAME)
  needSame('ledgerTable', table, { account, region }, scope, made)
  if (!made) {
    Annotations.of(scope).addInfo(
      'ledgerTable is a table that exists, which no synthesis sees: it has the keys pk (partition) and sk (sort), both texts, and no key of KMS of its own',
    )
    return
  }
  const { keySchema, attributeDefinitions } = Stack.of(table).resolve({
    keySchema: resource.keySchema,
    attributeDefinitions: resource.attributeDefinitions,
  }) as {
    keySchema: readonly CfnTable.KeySchemaProperty[]
    attributeDefinitions: readonly CfnTable.AttributeDefinitionProperty[]
  }
  const keyOf = ({ attributeName, keyType }: { readonly attributeName: string; readonly keyType: string }) => {
    const { attributeType } = attributeDefinitions.find((a) => a.attributeName === attributeName) ?? {}
    return `${attributeName} (${keyType}, ${attributeType})`
  }
  const [has, wanted] = [
    keySchema.map(keyOf),
    KEYS.map(({ attributeName, keyType }) => `${attributeName} (${keyType}, S)`),
  ]
  if (has.join() !== wanted.join())
    throw new RangeError(
      `ledgerTable ${table.node.path} has the keys ${has.join(', ')}; it has ${wanted.join(' and ')}: partitionKey: { name: 'pk', type: AttributeType.STRING }, sortKey: { name: 'sk', type: AttributeType.STRING }`,
    )
}

/** The ledger (DynamoDB's twin of `ledger.sqlite`). Rights are given by the kind of item, over the partition key. */
export class RunLedger extends Construct {
  /** Keys `pk` and `sk`, billed by request, recoverable to any second of the last 35 days. */
  readonly table: ITable

  constructor(scope: Construct, id: string, { retain, table }: RunLedgerProps) {
    super(scope, id)
    if (table?.encryptionKey)
      throw new RangeError(
        'ledgerTable is encrypted under a key of its own, which no role here may use: use one that DynamoDB encrypts',
      )
    if (table) needKeys(this, table)
    this.table = table ?? this.own(retain)
  }

  private own(retain: boolean): Table {
    return new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      encryption: TableEncryption.AWS_MANAGED,
      deletionProtection: retain,
      removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
  }

  /** Right to read items of the named kinds, by key; no scan. */
  mayRead(...entities: LedgerEntity[]): PolicyStatement {
    return this.statement(['dynamodb:GetItem', 'dynamodb:Query'], entities)
  }

  /** Right to read all that the journal of heads speaks about; for whoever goes on only where it is what that says. */
  mayCheck(): PolicyStatement {
    return this.mayRead(...LOOKED_AT)
  }

  /** Right to list items of the named kinds. */
  mayList(...entities: LedgerEntity[]): PolicyStatement {
    return this.statement(['dynamodb:Query'], entities)
  }

  /** Right to create, replace and remove items of the named entities, one item at a time. */
  mayWrite(...entities: LedgerEntity[]): PolicyStatement {
    return this.statement(['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'], entities)
  }

  /** Right to write items of the named entities as a whole, and to change or remove none. */
  mayCreate(...entities: LedgerEntity[]): PolicyStatement {
    return this.statement(['dynamodb:PutItem'], entities)
  }

  /** Right to remove items of the named entities. */
  mayRemove(...entities: LedgerEntity[]): PolicyStatement {
    return this.statement(['dynamodb:DeleteItem'], entities)
  }

  private statement(actions: string[], entities: readonly LedgerEntity[]): PolicyStatement {
    return new PolicyStatement({
      actions,
      resources: [this.table.tableArn],
      conditions: {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': entities.map((e) => (ALONE.has(e) ? e : `${e}#*`)) },
        // ForAllValues is true of a request without keys, such as a scan: those are not granted, and this says so twice.
        Null: { 'dynamodb:LeadingKeys': 'false' },
      },
    })
  }
}
