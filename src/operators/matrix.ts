import { zeroVjp } from './gradientTools';
import type { Operator } from './operator';
import { FILES } from './registry';

const yes = (has: boolean): string => (has ? '✓' : '–');

const gradient = ({ vjp }: Operator): string => (vjp === zeroVjp ? '0' : yes(vjp !== undefined));

/** docs/operators.md: what is known of every operator. */
export function operatorMatrix(): string {
  const rows = Object.entries(FILES).flatMap(([file, operators]) =>
    [operators].flat().flatMap((operator) =>
      operator.types.map((type) => {
        const cells = [
          `\`${type}\``,
          yes(true),
          yes(operator.work !== undefined),
          gradient(operator),
          `\`ops/${file}.ts\``,
        ];
        return `| ${cells.join(' | ')} |`;
      }),
    ),
  );
  // Operators of the default domain first; by name without regard to case or the back-tick.
  const key = (row: string): string => `${row.includes(':') ? 1 : 0}${row.toLowerCase()}`;
  rows.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return `# Operators

What EVO Profiler knows of each ONNX operator. Generated from \`src/operators/registry.ts\`; do not edit: run the registry test with
\`EVO_UPDATE=1\`.

- **shape**: types and shapes of the outputs, and values where constants decide them.
- **work**: loop nest, operations or bytes, so that it can be costed. Without it a node is shown as unknown, never as free.
- **gradient**: reverse mode (VJP) and, by turning that rule round, forward mode (JVP). Where it is missing, finite differences stand
  in. 0 means that the output does not change with small changes of the inputs. For \`If\` with a known condition and calls of local
  functions, what is inside is differentiated instead.

${rows.length} operators.

| operator | shape | work | gradient | file |
|---|---|---|---|---|
${rows.join('\n')}
`;
}
