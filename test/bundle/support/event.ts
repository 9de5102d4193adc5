/** An event to which the collector adds nothing: what is stored of it can be written down. */
export function wholeEvent(id: string) {
  return {
    name: 'order complete',
    data: { id, total: 39.5 },
    context: { shopping: ['checkout', 0] },
    globals: { language: 'en' },
    custom: { test: true },
    user: { id: 'us3r' },
    nested: [],
    consent: { functional: true },
    id: 'c0ffee0123456789',
    trigger: 'click',
    entity: 'order',
    action: 'complete',
    timestamp: 1700000000123,
    timing: 3.14,
    source: { type: 'test', schema: '4', version: '1.2.3', count: 1, trace: 'feed' },
  };
}

/** The value of its record, and when nothing is configured also its key, headers and timestamp. */
export function storedWhole(id: string) {
  return {
    key: 'order_complete',
    headers: [['content-type', 'application/json']],
    timestamp: 1700000000123,
    value:
      `{"name":"order complete","data":{"id":"${id}","total":39.5},"context":{"shopping":["checkout",0]},` +
      '"globals":{"language":"en"},"custom":{"test":true},"user":{"id":"us3r"},"nested":[],' +
      '"consent":{"functional":true},"id":"c0ffee0123456789","trigger":"click","entity":"order","action":"complete",' +
      '"timestamp":1700000000123,"timing":3.14,' +
      '"source":{"type":"test","schema":"4","version":"1.2.3","count":1,"trace":"feed"}}',
  };
}
