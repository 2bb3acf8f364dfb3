import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { catalogue, Definition } from "./catalogue/index.ts";

type Label<D extends Definition> = D["labels"][number];
type Built<D extends Definition> = D["type"] extends "counter"
  ? Counter<Label<D>>
  : D["type"] extends "gauge"
    ? Gauge<Label<D>>
    : Histogram<Label<D>>;

/** A catalogue's metrics, each ready to be recorded to. */
export type MetricsOf<Catalogue extends Readonly<Record<string, Definition>>> = {
  readonly [Key in keyof Catalogue]: Built<Catalogue[Key]>;
};

/** The service's metrics. */
export type Metrics = MetricsOf<typeof catalogue>;

/** A registry of its own with all of these in it; never prom-client's global one, which two services in one process would share. */
export function createMetrics<Catalogue extends Readonly<Record<string, Definition>>>(
  catalogue: Catalogue,
): { readonly registry: Registry; readonly metrics: MetricsOf<Catalogue> } {
  const registry = new Registry();
  const built = Object.entries<Definition>(catalogue).map(([key, definition]) => [key, build(definition, registry)]);
  return { registry, metrics: Object.fromEntries(built) as MetricsOf<Catalogue> };
}

function build({ name, type, meaning, labels, buckets }: Definition, registry: Registry): Counter | Gauge | Histogram {
  const common = { name, help: meaning, labelNames: labels, registers: [registry] };
  if (type === "counter") return new Counter(common);
  if (type === "gauge") return new Gauge(common);
  return new Histogram({ ...common, buckets: [...(buckets ?? [])] });
}
