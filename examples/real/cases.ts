/** All real cases, in the order in which they are listed. */
import { approvalThreshold } from './cases/approval-threshold.ts'
import { contextBudgets } from './cases/context-budgets.ts'
import { newsRetrieval } from './cases/news-retrieval.ts'
import { orderHistory } from './cases/order-history.ts'
import { plannerArms } from './cases/planner-arms.ts'
import type { RealCase } from './real-case.ts'

export const CASES: readonly RealCase[] = [newsRetrieval, orderHistory, contextBudgets, approvalThreshold, plannerArms]
