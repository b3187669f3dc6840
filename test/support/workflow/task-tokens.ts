/** Task tokens as Step Functions hands them out: each can be answered once, until its task times out. */
import type { WaitingTasks } from '#ports'
import type { WaitClock } from './wait-clock.ts'
import { WorkflowError } from './workflow-error.ts'

let made = 0

export class TaskTokens implements WaitingTasks {
  private readonly open = new Map<string, () => void>()
  /** Tokens that somebody was woken by, in order. */
  readonly woken: string[] = []

  create(): string {
    return `token-${made++}`
  }

  /** Waits until the token is answered. Throws States.Timeout. */
  async wait(token: string, seconds: number, clock: WaitClock): Promise<void> {
    const timeout = clock.sleep(seconds)
    const answered = new Promise<'answered'>((resolve) => this.open.set(token, () => resolve('answered')))
    const how = await Promise.race([answered, timeout.over])
    timeout.cancel()
    this.open.delete(token)
    if (how !== 'answered') throw new WorkflowError('States.Timeout', `nobody answered in ${seconds} s`)
  }

  /** Ends the wait of a token whose task failed. */
  drop(token: string): void {
    this.open.delete(token)
  }

  isAnswered(token: string): boolean {
    return this.woken.includes(token)
  }

  async wake(token: string): Promise<boolean> {
    const answer = this.open.get(token)
    if (!answer) return false
    this.open.delete(token)
    this.woken.push(token)
    answer()
    return true
  }
}
