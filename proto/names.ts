// The texts that machines are called and reached by. A name is a host label: it is written to a
// hosts file, so nothing else may ever pass. FROZEN with the record format.
// Spec: docs/ledger.md, "Values".

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const LABEL = /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/;
const PORT =
  '([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])';
const HOST = '([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?){0,9}';
const ENDPOINT = new RegExp(`^(${HOST}|\\[[0-9a-f:]{2,39}\\]):${PORT}$`);

export function isName(text: string): boolean {
  return NAME.test(text);
}

export function isLabel(text: string): boolean {
  return LABEL.test(text);
}

export function isEndpoint(text: string): boolean {
  return ENDPOINT.test(text);
}
