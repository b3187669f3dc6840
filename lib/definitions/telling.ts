/** Tells a topic what a step of the routine found, where it found something. What moved is told before runs are started: those may take hours. */

import { integration } from './task.ts'

/**
 * States from `Choose Whether To Tell` on.
 * @param topic ARN of the topic
 * @param of variable that holds a `notice`: a subject and a message, or null
 * @param next state behind it
 */
export const telling = (topic: string, of: string, next: string): Record<string, unknown> => ({
  'Choose Whether To Tell': {
    Type: 'Choice',
    Choices: [{ Condition: `{% $${of}.notice != null %}`, Next: 'Tell' }],
    Default: next,
  },
  Tell: {
    Type: 'Task',
    Resource: integration('sns:publish'),
    Arguments: { TopicArn: topic, Subject: `{% $${of}.notice.subject %}`, Message: `{% $${of}.notice.message %}` },
    Output: '{% {} %}',
    Next: next,
  },
})
