const HEAD = ['version: 1', 'target: {service: "model:http"}']

/** A file with these checks, the first one on line 4. */
const withChecks = (...checks: readonly string[]) =>
  [...HEAD, 'checks:', ...checks.map((one) => `  - ${one}`)].join('\n')
const ALIVE = '{name: alive, path: /health}'
/** A sound file with something besides, from line 5 on. */
const withMore = (...lines: readonly string[]) => [withChecks(ALIVE), ...lines].join('\n')
const withTarget = (target: string) => ['version: 1', `target: ${target}`, 'checks:', `  - ${ALIVE}`].join('\n')
const expecting = (expect: string) => withChecks(`{name: a, path: /, expect: ${expect}}`)
const asserting = (assertion: string) => expecting(`{json: [${assertion}]}`)

/** Files that are read; the schema accepts them too. */
export const ACCEPTED: Readonly<Record<string, string>> = {
  'one check': withChecks(ALIVE),
  'a url': withTarget('{url: "https://model.example.com/v1/"}'),
  'each pod': withTarget('{pods: each}'),
  'a port of each pod': withTarget('{pods: each, port: http}'),
  'a port by number': withTarget('{pods: each, port: 8080}'),
  'everything of a check': withChecks(
    '{name: predicts, method: PUT, path: "/predict?a=1", headers: {X-Trace: "on"}, body: {a: [1, null]}, latency: 500ms, attempts: 3 of 5, interval: 2s, expect: {status: 201}}',
    '{name: text, path: /, body: hello}',
    '{name: file, path: /, file: request.json}',
    '{name: golden, path: /predict, expect: {golden: true, tolerance: 0.001}}',
  ),
  'every assertion': expecting(
    `{json: [${[
      '{path: $.a, value: 1, tolerance: 0.1}',
      '{path: $, op: equals, value: null}',
      '{path: "$[\'a b\'][0]", op: not-equals, value: x}',
      '{path: $.a, op: at-least, value: 0}',
      '{path: $.a, op: at-most, value: 1.5}',
      '{path: $.a, op: one-of, value: [Low, High]}',
      '{path: $.a, op: type, value: text}',
      '{path: $.a, op: exists}',
      '{path: $.b, op: absent}',
    ].join(', ')}]}`,
  ),
  'every setting': withMore(
    'bake: 5m',
    'short-bake: allow',
    'alarms: [errors, "latency of model"]',
    'pre-existing-alarm: ignore',
    'min-requests: {count: 100, namespace: MLOps/Serving, metric: Throughput, dimensions: {service: model}}',
    'on-missing: ignore',
    'on-inconclusive: extend',
  ),
  'no bake': withMore('bake: 0s'),
}

/** Files that both the parser and the schema refuse, with the faults of the parser. */
export const REFUSED: Readonly<Record<string, readonly [text: string, ...faults: string[]]>> = {
  'an empty file': ['', '1:1 E-CHECKS'],
  'a list': ['- a', '1:1 E-CHECKS'],
  'no version': [withChecks(ALIVE).replace('version: 1\n', ''), '1:1 E-CHECKS'],
  'a later version': [withMore('cheks: 1').replace('version: 1', 'version: 2'), '1:10 E-VERSION'],
  'no checks': [HEAD.join('\n'), '1:1 E-CHECKS'],
  'an empty list of checks': [[...HEAD, 'checks: []'].join('\n'), '3:9 E-CHECKS'],
  'no target': [`version: 1\nchecks: [${ALIVE}]`, '1:1 E-CHECKS'],
  'a target of nothing': [withTarget('{}'), '2:1 E-CHECKS'],
  'two targets': [withTarget('{service: "a:http", url: "http://a"}'), '2:1 E-CHECKS'],
  'a service without port': [withTarget('{service: model}'), '2:19 E-CHECKS'],
  'an address with a password': [withTarget('{url: "https://me:secret@a.example.com"}'), '2:15 E-CHECKS'],
  'another scheme': [withTarget('{url: "file:///etc/passwd"}'), '2:15 E-CHECKS'],
  'an address with a query': [withTarget('{url: "https://a/?b=1"}'), '2:15 E-CHECKS'],
  'some pods': [withTarget('{pods: some}'), '2:16 E-CHECKS'],
  'a port without pods': [withTarget('{service: "a:http", port: http}'), '2:29 E-CHECKS'],
  'a SageMaker endpoint': [withTarget('{endpoint: basket}'), '2:1 E-CHECKS', '2:10 E-CHECKS'],
  'an unknown key': [withMore('bakes: 5m'), '5:1 E-CHECKS'],
  'a check without a name': [withChecks('{path: /}'), '4:5 E-CHECKS'],
  'a check without a path': [withChecks('{name: a}'), '4:5 E-CHECKS'],
  'a path that leads nowhere': [withChecks('{name: a, path: health}'), '4:21 E-CHECKS'],
  'a path with a blank': [withChecks('{name: a, path: "/a b"}'), '4:21 E-CHECKS'],
  'a method of nobody': [withChecks('{name: a, path: /, method: GRAB}'), '4:32 E-CHECKS'],
  'a header with a line break': [withChecks('{name: a, path: /, headers: {a: "b\\nc"}}'), '4:37 E-CHECKS'],
  'body and file': [withChecks('{name: a, path: /, body: 1, file: b}'), '4:33 E-CHECKS'],
  'golden: false': [expecting('{golden: false}'), '4:41 E-CHECKS'],
  'a status of 99': [expecting('{status: 99}'), '4:41 E-CHECKS'],
  'no assertion': [expecting('{json: []}'), '4:39 E-CHECKS'],
  'an assertion without a path': [asserting('{op: exists}'), '4:40 E-CHECKS'],
  'a path of any depth': [asserting('{path: $..a, op: exists}'), '4:47 E-CHECKS'],
  'an operator of nobody': [asserting('{path: $.a, op: like}'), '4:56 E-CHECKS'],
  'a negative tolerance': [asserting('{path: $.a, value: 1, tolerance: -1}'), '4:73 E-CHECKS'],
  'a latency of a day': [withChecks('{name: a, path: /, latency: 1d}'), '4:33 E-CHECKS'],
  'attempts without an end': [withChecks('{name: a, path: /, attempts: 3}'), '4:34 E-CHECKS'],
  'no attempts': [withChecks('{name: a, path: /, attempts: 0 of 3}'), '4:34 E-CHECKS'],
  'no alarm': [withMore('alarms: []'), '5:9 E-CHECKS'],
  'a floor without a metric': [withMore('min-requests: {count: 1, namespace: n}'), '5:15 E-CHECKS'],
  'a floor of nothing': [withMore('min-requests: {count: 0, namespace: n, metric: m}'), '5:23 E-CHECKS'],
  'the key __proto__': [withMore('__proto__: 1'), '5:1 E-CHECKS'],
  'everything at once': [
    withChecks('{name: a, path: /, atempts: 3 of 2}', '{name: a, path: x, method: grab}').replace(
      '{service: "model:http"}',
      '{}',
    ),
    '2:1 E-CHECKS',
    '4:24 E-CHECKS',
    '5:6 E-CHECKS',
    '5:21 E-CHECKS',
    '5:32 E-CHECKS',
  ],
}

/** Files that only the parser refuses: the schema cannot say it. */
export const BEYOND_THE_SCHEMA: Readonly<Record<string, readonly [text: string, ...faults: string[]]>> = {
  'two checks of a name': [withChecks(ALIVE, ALIVE), '5:6 E-CHECKS'],
  'more passes than attempts': [withChecks('{name: a, path: /, attempts: 3 of 2}'), '4:24 E-CHECKS'],
  'golden answers with a body': [withChecks('{name: a, path: /, body: 1, expect: {golden: true}}'), '4:24 E-CHECKS'],
  'golden answers by GET': [withChecks('{name: a, path: /, method: GET, expect: {golden: true}}'), '4:24 E-CHECKS'],
  'a tolerance of nothing': [expecting('{tolerance: 1}'), '4:33 E-CHECKS'],
  'a tolerance of at-least': [asserting('{path: $.a, op: at-least, value: 1, tolerance: 1}'), '4:76 E-CHECKS'],
  'equals without a value': [asserting('{path: $.a}'), '4:40 E-CHECKS'],
  'exists with a value': [asserting('{path: $.a, op: exists, value: 1}'), '4:64 E-CHECKS'],
  'at least a text': [asserting('{path: $.a, op: at-least, value: x}'), '4:66 E-CHECKS'],
  'one of nothing': [asserting('{path: $.a, op: one-of, value: []}'), '4:64 E-CHECKS'],
  'a type of nobody': [asserting('{path: $.a, op: type, value: string}'), '4:62 E-CHECKS'],
  'extend without a bake': [withMore('bake: 0s', 'on-inconclusive: extend'), '6:1 E-CHECKS'],
  'a floor without a bake': [withMore('bake: 0m', 'min-requests: {count: 1, namespace: n, metric: m}'), '6:1 E-CHECKS'],
}
