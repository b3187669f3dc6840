/** A deployed stack as CloudFormation describes it, and what its functions answer. */

/** What `DescribeStacks` says of a stack with these outputs. */
export const stackWith = (outputs: Readonly<Record<string, string>>) => ({
  Stacks: [
    {
      StackName: 's',
      CreationTime: new Date(0),
      StackStatus: 'CREATE_COMPLETE' as const,
      Outputs: Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
    },
  ],
})

/** Outputs of the stack of the stores. */
export const DATA_OUTPUTS = {
  ExperienceBucketName: 'b',
  VaultBucketName: 'v',
  LedgerTableName: 't',
  IngestRoleArn: 'r',
}

/** A payload of Lambda. */
export const payload = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)) as never
