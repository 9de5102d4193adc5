import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { findDestination } from '../../../../src/cli/flow/destination.ts';
import { readFlowFile } from '../../../../src/cli/flow/flow-file.ts';
import { tempFolder } from '../../../support/temp.ts';

const folder = tempFolder();
const ours = (settings: object) => ({ package: 'walkeros-destination-kafka', config: { settings } });
const flow = (destinations: object, more: object = {}) => ({
  config: { platform: 'server' },
  destinations,
  ...more,
});

async function find(
  flows: object,
  wanted?: string,
  environment: Record<string, string> = {},
  more: object = {},
) {
  const path = join(folder, 'flow.json');
  writeFileSync(path, JSON.stringify({ version: 4, ...more, flows }));
  return findDestination(await readFlowFile(path), wanted, environment);
}

const refused = (message: RegExp) => ({ name: 'KafkaError', code: 'FLOW_INVALID', message });

describe('the destination in a flow file', () => {
  it('is the one that names our package', async () => {
    const destinations = { log: { package: 'other' }, events: ours({ a: 1 }) };
    const { flow: name, id, config } = await find({ default: flow(destinations) });
    assert.deepEqual([name, id, config.settings], ['default', 'events', { a: 1 }]);
  });

  it('or the one that is asked for, by its id, with its flow where several have one of that id', async () => {
    const flows = {
      web: flow({ kafka: ours({ a: 1 }), more: ours({ b: 2 }) }),
      app: flow({ kafka: ours({ c: 3 }) }),
    };
    assert.deepEqual((await find(flows, 'more')).config.settings, { b: 2 });
    assert.deepEqual((await find(flows, 'app.kafka')).config.settings, { c: 3 });
    await assert.rejects(
      find(flows, 'kafka'),
      refused(/several such destinations: web\.kafka, app\.kafka\. Choose one with --destination\.$/),
    );
    await assert.rejects(find(flows), refused(/web\.kafka, web\.more, app\.kafka/));
    await assert.rejects(
      find(flows, 'kafak'),
      refused(/no destination "kafak"\. Its destinations: web\.kafka, /),
    );
    await assert.rejects(
      find({ web: flow({ api: { package: 'other' } }) }),
      refused(/no destination names the package "walkeros-destination-kafka"\. Its destinations: web\.api\./),
    );
  });

  /** "ok flow", and then "settings.kafka: is missing". */
  it('is none of another package, though it is asked for', async () => {
    const flows = {
      web: flow({ api: { package: '@acme/api', config: {} }, kafka: ours({ a: 1 }), own: {} }),
    };
    await assert.rejects(
      find(flows, 'api'),
      refused(
        /: destination "web\.api" is of the package "@acme\/api", not of "walkeros-destination-kafka"\. Choose another one with --destination\.$/,
      ),
    );
    assert.equal((await find(flows, 'own')).id, 'own');
  });

  it('has its variables, contracts, environment, secrets and code put in, as a bundle has them', async () => {
    const settings = {
      kafka: {
        brokers: ['$env.KAFKA_HOST:9092'],
        topic: '$var.topic',
        clientId: '$env.CLIENT:walkeros',
        headers: { team: 'team-$env.TEAM', gone: 'x-$env.GONE' },
        sasl: {
          password: '$secret.KAFKA_PASSWORD',
          oauthBearerProvider: '$code:async () => ({ value: "t" })',
        },
      },
    };
    const environment = { KAFKA_HOST: 'kafka1:9093', TEAM: 'web', KAFKA_PASSWORD: 's' };
    const { config, unset } = await find(
      { default: flow({ kafka: ours(settings) }) },
      undefined,
      environment,
      {
        variables: { topic: 'orders' },
      },
    );
    const { kafka } = config.settings as {
      kafka: Record<string, unknown> & { sasl: Record<string, unknown> };
    };
    const { oauthBearerProvider, ...sasl } = kafka.sasl;
    assert.deepEqual(
      { ...kafka, sasl },
      {
        brokers: ['kafka1:9093'],
        topic: 'orders',
        clientId: 'walkeros',
        headers: { team: 'team-web', gone: 'x-undefined' },
        sasl: { password: 's' },
      },
    );
    assert.deepEqual(await (oauthBearerProvider as () => Promise<unknown>)(), { value: 't' });
    assert.deepEqual(unset, [{ path: 'settings.kafka.headers.gone', variable: 'GONE' }]);
  });

  it('says what is wrong with the file', async () => {
    const path = join(folder, 'broken.json');
    writeFileSync(path, '{ "flows": ');
    await assert.rejects(readFlowFile(path), refused(/broken\.json cannot be used: it is no JSON \(/));
    writeFileSync(path, '{ "destinations": {} }');
    await assert.rejects(readFlowFile(path), refused(/it has no "flows"\. A flow file begins/));
    await assert.rejects(readFlowFile(join(folder, 'none.json')), refused(/there is no such file/));
    await assert.rejects(
      find({ default: flow({ kafka: ours({ topic: '$var.nowhere' }) }) }),
      refused(/flow "default": .*nowhere/),
    );
  });

  /** A variable that only the web's flow lacked kept every command from the server's. */
  it('is found beside a flow that cannot be resolved, and that one is told to those who want it', async () => {
    const flows = {
      web: flow({ api: { config: { url: '$var.nope' } }, more: ours({ b: 2 }) }),
      server: flow({ kafka: ours({ a: 1 }) }),
    };
    assert.deepEqual((await find(flows, 'kafka')).config.settings, { a: 1 });
    assert.deepEqual((await find(flows, 'server.kafka')).config.settings, { a: 1 });
    await assert.rejects(find(flows, 'web.more'), refused(/flow "web": .*nope/));
    await assert.rejects(find(flows), refused(/several such destinations: web\.more, server\.kafka/));
    await assert.rejects(find({ web: null as unknown as object }), refused(/flow "web": /));
  });

  /** `Object.entries` of null, thrown at the user. */
  it('is none where "destinations" is no object', async () => {
    await assert.rejects(
      find({ default: { config: { platform: 'server' }, destinations: null } }),
      refused(/no destination names the package .* Its destinations: none\./),
    );
  });

  /** A SyntaxError of the virtual machine, with the code in it, ended the command. */
  it('says where code does not run, and not what the code is', async () => {
    for (const [code, reason] of [
      ['$code:(("s3cret"', 'SyntaxError in line 1'],
      ['$code:(\n() => s3cret s3cret)()', 'SyntaxError in line 2'],
      ['$code:s3cret.value', 'ReferenceError in line 1'],
    ]) {
      await assert.rejects(
        find({ default: flow({ kafka: ours({ kafka: { topic: code } }) }) }),
        (thrown: Error) => {
          assert.equal(
            thrown.message,
            `The flow file ${join(folder, 'flow.json')} cannot be used: destination "default.kafka": ` +
              `config.settings.kafka.topic: its $code: does not run (${reason}).`,
          );
          assert.ok(!inspect(thrown).includes('s3cret'), inspect(thrown));
          return true;
        },
      );
    }
  });

  /** V8 quotes the text around the fault: a password that lacked its quotation mark stood in the log. */
  it('says where the file is no JSON, and quotes nothing of it', async () => {
    const path = join(folder, 'no-json.json');
    const places: [text: string, place: string][] = [
      ['{ "flows": { "password":s3cret } }', 'line 1, column 25'],
      ['{\n  "flows": {\n    "password": s3cret\n  }\n}', 'line 3, column 17'],
      ['{\n  "password": "s3cret"\n  "flows": {}\n}', 'line 3, column 3'],
      ['{\n  "password": "s3cret', 'line 2, column 22'],
      ['["s3cret",,]', 'line 1, column 11'],
      ['', 'line 1, column 1'],
    ];
    for (const [text, place] of places) {
      writeFileSync(path, text);
      await assert.rejects(readFlowFile(path), (thrown: Error) => {
        assert.equal(thrown.message, `The flow file ${path} cannot be used: it is no JSON (${place}).`);
        assert.ok(!inspect(thrown).includes('s3cret'), inspect(thrown));
        return true;
      });
    }
  });
});
