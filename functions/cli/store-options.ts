/** Where a command works: a folder of this machine, or a deployment in AWS. Apart from opening it, which loads much more. */

export interface StoreOptions {
  /** A folder, or `s3://BUCKET`: the experience bucket of a deployment. */
  readonly store: string
  /** Name that the stacks of a deployment begin with. */
  readonly stack?: string
}

/** Where a command works that names no place. */
export const STORE_FOLDER = './harness'

export const S3 = 's3://'

/** Does a command name a deployment? */
export const isDeployed = ({ store, stack }: StoreOptions): boolean => stack !== undefined || store.startsWith(S3)

/** Options by which a command finds the same store; none where that is where a command works anyway. */
export const placeWords = ({ store, stack }: StoreOptions): string[] =>
  stack !== undefined ? ['--stack', stack] : store === STORE_FOLDER ? [] : ['--store', store]

/** A text as one word of a command line. */
export const shellWord = (text: string): string =>
  /^[\w./:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
