import { name, open, password, setup, wrong, type Ward } from './ward.ts';

/** A set-up that events do not get through, and what the doctor must say first. */
export interface Broken {
  readonly what: string;
  /** Of its flow file. */
  readonly path: (ward: Ward) => string;
  readonly environment?: Record<string, string>;
  readonly name: string;
  readonly message: RegExp | ((ward: Ward) => string | RegExp);
  readonly fix: RegExp;
}

export const broken: readonly Broken[] = [
  {
    what: 'no such file',
    path: (ward) => ward.missingFile,
    name: 'flow',
    message:
      /^The flow file .*flou\.json cannot be used: there is no such file\. Name the flow\.json that walkeros runs\.$/,
    fix: /^Name the file and the destination that walkeros runs\.$/,
  },
  {
    what: 'a setting that cannot work',
    path: (ward) => ward.flow({ kafka: { acks: 2 } }),
    name: 'settings',
    message:
      /^settings\.kafka\.acks: must be -1 \(all in-sync replicas\), 1 \(leader\) or 0 \(none\), without quotes$/,
    fix: /^Change it in .*flow\.json, destination "kafka"\.$/,
  },
  {
    what: 'a host name that does not exist',
    path: (ward) => ward.flow({ kafka: { brokers: ['kafka1.walkeros.invalid:9092'] } }),
    name: 'dns',
    message:
      /^The host name "kafka1\.walkeros\.invalid" is unknown \(getaddrinfo (ENOTFOUND|EAI_AGAIN) .*\)\.$/,
    fix: /settings\.kafka\.brokers.*getent hosts kafka1\.walkeros\.invalid/,
  },
  {
    what: 'a wrong port',
    path: (ward) => ward.flow({ kafka: { brokers: [ward.nobody] } }),
    name: 'tcp',
    message: (ward) => `Nothing listens at ${ward.nobody} (ECONNREFUSED).`,
    fix: /^Correct the port in settings\.kafka\.brokers, or start the broker\.$/,
  },
  {
    what: 'no TLS to a TLS port',
    path: (ward) => ward.flow({ kafka: { ssl: undefined } }),
    name: 'tls',
    message: (ward) =>
      `The broker at ${ward.at.LOGIN} wants TLS on this port: set settings.kafka.ssl or use the plain port.`,
    fix: /^Set settings\.kafka\.ssl to true/,
  },
  {
    what: 'TLS to a plain port',
    path: (ward) => ward.flow({ kafka: { brokers: [ward.plain] } }),
    name: 'tls',
    message: (ward) => `${ward.plain} does not speak TLS.`,
    fix: /remove settings\.kafka\.ssl\.$/,
  },
  {
    what: 'a wrong authority',
    path: (ward) => ward.flow({ kafka: { ssl: true } }),
    name: 'tls',
    message:
      /^The certificate of 127\.0\.0\.1:\d+ is signed by an authority that is not trusted here \((SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE)\)\.$/,
    fix: /^Set settings\.kafka\.ssl\.ca to the certificate of the authority/,
  },
  {
    what: 'an expired certificate',
    path: (ward) => ward.flow({ kafka: { brokers: [ward.expired], sasl: undefined } }),
    name: 'tls',
    message: (ward) => `The certificate of ${ward.expired} expired on ${daysAgo(1)}.`,
    fix: /^Renew the broker's certificate/,
  },
  {
    what: 'a host name that is not in the certificate',
    path: (ward) => ward.flow({ kafka: { brokers: [ward.at.LOGIN.replace('127.0.0.1', 'localhost')] } }),
    name: 'tls',
    message: /^The certificate of localhost:\d+ is for IP Address:127\.0\.0\.1, not for this host\.$/,
    fix: /^Write in settings\.kafka\.brokers a name that the certificate has, or set settings\.kafka\.ssl\.servername/,
  },
  {
    what: "no client's certificate where the listener asks for one",
    path: (ward) => ward.flow({ kafka: { brokers: [ward.at.MUTUAL], sasl: undefined } }),
    name: 'tls',
    message: /^TLS to 127\.0\.0\.1:\d+ failed: ssl\/tls alert bad certificate\./,
    fix: /^Set settings\.kafka\.ssl\.cert and key/,
  },
  {
    // TLS 1.3 tells of it only when something is said.
    what: "no client's certificate where the listener asks for one, with TLS 1.2",
    path: (ward) =>
      ward.flow({
        kafka: { brokers: [ward.at.MUTUAL], ssl: { ca: ward.ca, maxVersion: 'TLSv1.2' }, sasl: undefined },
      }),
    name: 'tls',
    message: /^TLS to 127\.0\.0\.1:\d+ failed: ssl\/tls alert bad certificate\.$/,
    fix: /^Set settings\.kafka\.ssl\.cert and key/,
  },
  {
    what: "a client's certificate that has expired",
    path: (ward) =>
      ward.flow({
        kafka: { brokers: [ward.at.MUTUAL], ssl: { ca: ward.ca, ...ward.expiredClient }, sasl: undefined },
      }),
    name: 'tls',
    message: /^TLS to 127\.0\.0\.1:\d+ failed: ssl\/tls alert certificate .*\./,
    fix: /^Renew or replace the client's certificate \(settings\.kafka\.ssl\.cert and key, or pfx\)/,
  },
  {
    what: 'a wrong password',
    path: (ward) => ward.flow(),
    environment: { KAFKA_PASSWORD: wrong },
    name: 'sasl',
    message:
      /^Kafka at 127\.0\.0\.1:\d+ refused to authenticate with scram-sha-512 as "shop": .*invalid credentials/,
    fix: /^Correct the user or the secret in settings\.kafka\.sasl/,
  },
  {
    what: 'a mechanism that the listener does not offer',
    path: (ward) =>
      ward.flow({
        kafka: {
          brokers: [ward.at.BARE],
          ssl: undefined,
          sasl: { mechanism: 'plain', username: name, password },
        },
      }),
    name: 'sasl',
    message: /does not support the requested SASL mechanism\. Check settings\.kafka\.sasl\.$/,
    fix: /^Set settings\.kafka\.sasl\.mechanism to one that the listener offers/,
  },
  {
    // "refused to authenticate", it said, and sent people to look for another password.
    what: 'a login where the listener takes none',
    path: (ward) => ward.flow({ kafka: { brokers: [ward.plain], ssl: undefined } }),
    name: 'sasl',
    message: (ward) =>
      `Kafka at ${ward.plain} takes no login on this port (ILLEGAL_SASL_STATE): take its SASL port in ` +
      'settings.kafka.brokers, or remove settings.kafka.sasl.',
    fix: /^The listener takes no login: take its SASL port in settings\.kafka\.brokers, or remove settings\.kafka\.sasl\.$/,
  },
  {
    what: 'no login where the listener asks for one',
    path: (ward) => ward.flow({ kafka: { sasl: undefined } }),
    name: 'sasl',
    message: /^Cannot reach Kafka at 127\.0\.0\.1:\d+: /,
    fix: /^Set settings\.kafka\.sasl: the listener hangs up/,
  },
  {
    what: 'an advertised address that cannot be reached',
    path: (ward) => ward.flow({ kafka: { ...open, brokers: [ward.lost] } }),
    name: 'cluster',
    message:
      /^Broker 1 tells clients to come to kafka-0\.walkeros\.invalid:9092, which this machine cannot reach: getaddrinfo/,
    fix: /^Set advertised\.listeners of broker 1 to an address that is reachable from here/,
  },
  {
    // TCP alone was tried there: "all reachable as advertised".
    what: 'an advertised address that takes connections, with no broker behind it',
    path: (ward) => ward.flow({ kafka: { ...open, brokers: [ward.sidecar] } }),
    name: 'cluster',
    message: ({ silence }) =>
      `Broker 1 tells clients to come to ${silence}. ${silence} accepts connections and does not answer: a frozen broker, ` +
      'or no Kafka.',
    fix: /and whether advertised\.listeners of broker 1 names the right port\. If it is only slow/,
  },
  {
    // Only TCP was tried there: all was well until the first event, which goes to the brokers' own addresses.
    what: 'a certificate for the address of the settings, and not for the advertised one',
    path: (ward) => ward.flow({ kafka: { brokers: [ward.at.MISNAMED], sasl: undefined } }),
    name: 'cluster',
    message:
      /^Broker 1 tells clients to come to localhost:\d+\. The certificate of localhost:\d+ is for IP Address:127\.0\.0\.1, not for this host\.$/,
    fix: /^Set advertised\.listeners of broker 1 to a name that its certificate has, or set settings\.kafka\.ssl\.servername/,
  },
  {
    what: 'no topic',
    path: (ward) => ward.flow({ kafka: { ...open, brokers: [ward.plain], topic: 'evnts' } }),
    name: 'topics',
    message: () => 'Topic "evnts" (settings.kafka.topic) does not exist.',
    fix: /run "walkeros setup destination\.kafka --config .*flow\.json"/,
  },
  {
    what: 'no dead-letter topic',
    path: (ward) =>
      ward.flow({ kafka: { ...open, brokers: [ward.plain] }, deadLetter: { topic: 'events-dead' } }),
    name: 'topics',
    message: () => 'Topic "events-dead" (settings.deadLetter.topic) does not exist.',
    fix: /walkeros setup destination\.kafka/,
  },
  {
    what: "no topic of a mapping rule's",
    path: (ward) =>
      ward.flow(
        { kafka: { ...open, brokers: [ward.plain] } },
        { mapping: { order: { complete: { settings: { topic: 'orders' } } } } },
      ),
    name: 'topics',
    message: () => 'Topic "orders" (mapping.order.complete.settings.topic) does not exist.',
    fix: /walkeros setup destination\.kafka/,
  },
  {
    what: 'min.insync.replicas that cannot be met',
    path: (ward) => ward.flow({ kafka: { ...open, brokers: [ward.plain], topic: 'unsafe' } }),
    name: 'topics',
    message: () =>
      'Topic "unsafe" (settings.kafka.topic) has 1 replica and min.insync.replicas 2: with acks -1 no event can ever be stored.',
    fix: /^Lower it: kafka-configs\.sh .* --topic unsafe --add-config min\.insync\.replicas=1\./,
  },
  {
    what: 'no right to write',
    path: (ward) => ward.flow({ kafka: { topic: 'closed' } }),
    name: 'topics',
    message: () => 'Topic "closed" (settings.kafka.topic): this user may not write to it (no WRITE right).',
    fix: /^Grant it: kafka-acls\.sh .* --allow-principal User:shop --operation Describe --operation Write --topic closed$/,
  },
  {
    what: 'no right to see the topic',
    path: (ward) => ward.flow({ kafka: { topic: 'hidden' } }),
    name: 'topics',
    message:
      /^Topic "hidden" \(settings\.kafka\.topic\): .*this user may not see it \(TOPIC_AUTHORIZATION_FAILED\)/,
    fix: /--topic hidden$/,
  },
  {
    what: 'a registry that is down',
    path: (ward) => ward.flow({}, setup(`http://${ward.nobody}`)),
    name: 'registry',
    message:
      /^The Schema Registry at http:\/\/127\.0\.0\.1:\d+ could not look up version latest of subject "events-value": .*ECONNREFUSED/,
    fix: /^Start the registry, or correct setup\.schemaRegistry\.url\.$/,
  },
  {
    // It said "the settings name none", and every event waited for this one.
    what: 'a registry of values that is down',
    path: (ward) => ward.flow({ value: { format: 'avro', registry: { url: `http://${ward.nobody}` } } }),
    name: 'registry',
    message:
      /^The Schema Registry at http:\/\/127\.0\.0\.1:\d+ could not look up version latest of subject "events-value": .*ECONNREFUSED/,
    fix: /^Start the registry, or correct settings\.value\.registry\.url\.$/,
  },
  {
    what: 'a spool that cannot be written',
    path: (ward) => ward.flow({ spool: { path: `${ward.readOnly}/walkeros/kafka.spool` } }),
    name: 'spool',
    message: (ward) =>
      new RegExp(`^The spool ${ward.readOnly}/walkeros/kafka\\.spool cannot be written: E(ACCES|PERM|ROFS)`),
    fix: /^Give the user that runs the flow the right to write in .*, or set settings\.spool\.path to another place\.$/,
  },
  {
    what: 'a file that is no spool',
    path: (ward) => ward.flow({ spool: { path: ward.certificate } }),
    name: 'spool',
    message:
      /^settings\.spool\.path ".*ca\.pem" cannot be used: it is damaged, or no spool at all \(file is not a database\): a flow/,
    fix: /If it is another file, set settings\.spool\.path to another place\.$/,
  },
];

function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
}
