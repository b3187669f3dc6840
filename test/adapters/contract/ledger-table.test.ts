import { ledgerTableContract } from './ledger-table.contract.ts'
import { ledgerTables } from './registry.ts'

for (const [name, make] of Object.entries(ledgerTables)) ledgerTableContract(name, make)
