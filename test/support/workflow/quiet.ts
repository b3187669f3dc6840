/** Before anything else is imported: functions log and count to nowhere in tests, and templates are not validated each time. */
process.env.POWERTOOLS_LOG_LEVEL = 'SILENT'
process.env.POWERTOOLS_METRICS_DISABLED = 'true'
// Its warnings go to the console of this process, where the next line can hear them.
process.env.POWERTOOLS_DEV = 'true'
// CloudFormation's own validation takes twice as long as all the rest of a synthesis: `validated` has it.
process.env.CDK_VALIDATION = 'false'
const { warn } = console
// A process that takes several test files comes here once for each.
if (warn.name !== 'warnOfMore')
  console.warn = function warnOfMore(...args: unknown[]) {
    if (!String(args[0]).startsWith('No application metrics to publish')) warn(...args)
  }
