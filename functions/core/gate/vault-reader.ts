/** Who can read the vault of a store, and the one line that says so wherever a verdict is shown. */

/** `account`: whoever works under the account that owns the store; `key`: of these, who has its key; `roles`: those of a deployment. */
export type VaultReader = 'account' | 'key' | 'roles'

/** Part of no artifact: the same run has the same bytes wherever its store lies. */
export const VAULT_READERS: Readonly<Record<VaultReader, string>> = {
  account: 'this user can read the vault, as can whatever runs under this account (docs/trust.md)',
  key: 'this user cannot read the vault without its key (AUTOTUNE_VAULT_KEY_COMMAND, docs/trust.md)',
  roles: 'this user cannot read the vault: only the roles of the deployment can',
}
