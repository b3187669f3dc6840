/** Publishes routing as objects of a bucket, one an intent and form, each there whole or not at all. */
import type { ObjectStore, RoutingPublisher } from '#ports'
import type { FormName } from '#schemas/forms.ts'
import { keys } from '#schemas/s3-keys.ts'
import { FORMS } from './forms.ts'

/** An object has one speed: what is published is in force at once. */
export const objectRouting = (form: FormName, objects: ObjectStore): RoutingPublisher => ({
  async publish(routing) {
    const { ending, textOf } = FORMS[form]
    await objects.put(keys.delivered(routing.intent, ending), Buffer.from(textOf(routing)))
  },
})

/** Each of them in turn. What the first cannot do throws, and the next publish begins anew. */
export const allOf = (publishers: readonly RoutingPublisher[]): RoutingPublisher => ({
  async publish(routing, atOnce) {
    for (const publisher of publishers) await publisher.publish(routing, atOnce)
  },
})
