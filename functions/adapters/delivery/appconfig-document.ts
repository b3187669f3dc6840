/** The routing document of a rollout as AWS AppConfig hosted configuration. */
import { canonical, digestOf } from '#core/canonical.ts'
import type { Routing } from '#schemas/release.ts'

/** The largest hosted configuration that AppConfig stores by default, in bytes. */
const APPCONFIG_MAX_BYTES = 1_048_576

/** A value to create a hosted configuration version from: `CreateHostedConfigurationVersion` takes it field by field. */
export interface HostedConfiguration {
  readonly Content: string
  readonly ContentType: 'application/json'
  readonly Description: string
  readonly VersionLabel: string
}

/** A label has at most this many characters, of which at least one is no digit. */
const LABEL_MAX = 64

/** Unique over all rollouts and revisions: a revision takes at most 8 characters of it. */
function labelOf({ rollout_id: id, revision }: Routing): string {
  const room = LABEL_MAX - 8
  const name = id.length <= room ? id : `${id.slice(0, room - 17)}-${digestOf(id).slice(7, 23)}`
  return `${name}.r${revision}`
}

/**
 * The routing document as AppConfig hosted configuration. The label carries rollout and revision, so that two writers of
 * one transition make one version, not two.
 * @throws RangeError when the document is too large for AppConfig
 */
export function appConfigOf(routing: Routing): HostedConfiguration {
  const content = canonical(routing)
  const bytes = Buffer.byteLength(content, 'utf8')
  if (bytes > APPCONFIG_MAX_BYTES)
    throw new RangeError(`routing document has ${bytes} bytes, AppConfig takes ${APPCONFIG_MAX_BYTES}`)
  return {
    Content: content,
    ContentType: 'application/json',
    Description: `${routing.rollout_id} revision ${routing.revision}: ${routing.period ?? 'baseline for everyone'}`,
    VersionLabel: labelOf(routing),
  }
}
