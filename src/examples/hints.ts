import type { Hint } from '@walkeros/core';

const json = (code: string) => [{ lang: 'json', code }];

/** What to know before writing a configuration, for the tools of walkerOS. Each form is a worked example, too. */
export const hints: Hint.Hints = {
  key: {
    text:
      'settings.kafka.key and a rule\'s settings.key decide the partition, and with it what stays in order: a path ("user.id"), a ' +
      "list of fallbacks, any other mapping value, or false for no key. Where nothing is found, the event's name is the key, and all " +
      'events of a name go to one partition. Choose it before the first event: changing it moves keys to other partitions.',
    code: json('{ "kafka": { "key": ["user.id", "user.device"] } }'),
  },
  headers: {
    text:
      'In headers text is sent as it stands, and is no path. A mapping value gives the value from the event, and no header where it ' +
      "finds nothing. A rule's headers are added to those of the settings, and replace them.",
    code: json('{ "kafka": { "headers": { "team": "web", "user": { "key": "user.id" } } } }'),
  },
  topic: {
    text:
      'A topic from the event needs the topics that it may be: { value, topics }. What gives another name is refused, to the dead ' +
      'letters if there are any. prefix also allows names that begin so; never take those from what visitors send.',
    code: json('{ "kafka": { "topic": { "value": "data.shop", "topics": ["orders-eu", "orders-us"] } } }'),
  },
  tombstone: {
    text: 'A rule with settings.tombstone writes a key without a value: a compacted topic forgets what it has of that key.',
    code: json('{ "user": { "delete": { "settings": { "tombstone": true, "key": "user.id" } } } }'),
  },
};
