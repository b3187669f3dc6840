import { objectStoreContract } from './object-store.contract.ts'
import { objectStores } from './registry.ts'

for (const [name, make] of Object.entries(objectStores)) objectStoreContract(name, make)
