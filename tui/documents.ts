// Documents of commands as lines, where no screen knows them better: names and values, indented.

export function documentLines(document: unknown): string[] {
  return valueLines(document, '');
}

function valueLines(value: unknown, indent: string): string[] {
  if (Array.isArray(value)) {
    if (value.length === 0) return [`${indent}none`];
    if (value.every((one) => typeof one !== 'object' || one === null)) {
      return [`${indent}${value.map(plainText).join(', ')}`];
    }
    return value.flatMap((one, at) => [...(at === 0 ? [] : ['']), ...valueLines(one, indent)]);
  }
  if (typeof value !== 'object' || value === null) return [`${indent}${plainText(value)}`];
  return Object.entries(value).flatMap(([name, its]) => {
    if (typeof its !== 'object' || its === null) return [`${indent}${name}: ${plainText(its)}`];
    return [`${indent}${name}:`, ...valueLines(its, `${indent}  `)];
  });
}

function plainText(value: unknown): string {
  if (value === null || value === undefined) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
