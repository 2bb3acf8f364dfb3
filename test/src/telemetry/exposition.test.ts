import { expect } from "chai";
import fc from "fast-check";
import { Counter, Histogram, Registry } from "prom-client";
import { distributionsOf, quantileOf, readExposition, TelemetryUnreadable } from "../../../src/telemetry/index.ts";

const head = "# HELP a_total what it is\n# TYPE a_total counter\n";
const histogram = (lines: string): string => `# HELP h x\n# TYPE h histogram\n${lines}`;

describe("readExposition", () => {
  it("reads what is written: names, labels with escapes, values", () => {
    const [family] = readExposition(`${head}a_total{x="1",y="q\\"\\\\\\n"} 3.5e+2\na_total{x="2",y=""} +Inf\n`);
    expect(family).to.deep.equal({
      name: "a_total",
      type: "counter",
      help: "what it is",
      samples: [
        { name: "a_total", labels: { x: "1", y: 'q"\\\n' }, value: 350 },
        { name: "a_total", labels: { x: "2", y: "" }, value: Infinity },
      ],
    });
  });

  const broken: readonly (readonly [string, string, RegExp])[] = [
    ["an end in the middle of a line", `${head}a_total 1`, /line end/],
    ["a page of HTML", "<html></html>\n", /line 1: not a sample/],
    ["a sample without TYPE", "b_total 1\n", /line 1: b_total has no TYPE/],
    ["a sample of another metric", `${head}b_total 1\n`, /line 3: b_total has no TYPE/],
    ["a value that is none", `${head}a_total one\n`, /line 3: 'one' is no number/],
    ["labels without quotes", `${head}a_total{x=1} 1\n`, /line 3: labels/],
    ["a label twice", `${head}a_total{x="1",x="2"} 1\n`, /line 3: the label x/],
    ["a series twice", `${head}a_total{x="1",y="2"} 1\na_total{y="2",x="1"} 2\n`, /line 4: a_total comes twice/],
    ["a metric twice", `${head}a_total 1\n# HELP b x\n# TYPE b gauge\nb 1\n${head}`, /line 7: a_total comes twice/],
    ["two types", `${head}# TYPE a_total gauge\n`, /line 3: a_total has two types/],
    ["a type that there is not", "# TYPE a thing\n", /no type 'thing'/],
    ["HELP after the samples", `${head}a_total 1\n# HELP a_total more\n`, /line 4: HELP of a_total/],
    ["another comment", "# hello\n", /neither HELP nor TYPE/],
    ["buckets that are not cumulative", histogram('h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n'), /not cumulative/],
    [
      "buckets out of order",
      histogram('h_bucket{le="2"} 1\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n'),
      /cumulative/,
    ],
    ["no last bucket", histogram('h_bucket{le="1"} 1\nh_sum 1\nh_count 1\n'), /no \+Inf bucket/],
    ["a last bucket that is not the count", histogram('h_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n'), /no \+Inf bucket/],
    ["no sum", histogram('h_bucket{le="+Inf"} 1\nh_count 1\n'), /without _sum/],
  ];
  for (const [what, text, message] of broken) {
    it(`refuses ${what}`, () => {
      expect(() => readExposition(text)).to.throw(TelemetryUnreadable, message);
    });
  }

  it("gives back what prom-client was told, whatever the labels hold", async () => {
    const words = fc.string({ unit: fc.constantFrom("a", '"', "\\", "\n", "{", "}", ",", "=", " ", "ü") });
    const property = fc.asyncProperty(
      fc.uniqueArray(fc.record({ label: words, count: fc.integer({ min: 1, max: 1e9 }) }), { selector: ({ label }) => label }),
      async (told) => {
        const registry = new Registry();
        const counter = new Counter({ name: "c_total", help: "c", labelNames: ["of"], registers: [registry] });
        for (const { label, count } of told) counter.inc({ of: label }, count);
        const [family] = readExposition(await registry.metrics());
        expect(family?.samples).to.deep.equal(told.map(({ label, count }) => ({ name: "c_total", labels: { of: label }, value: count })));
      },
    );
    await fc.assert(property);
  });
});

describe("quantileOf", () => {
  const bounds = [1, 2, 5, 10, 20, 50, 100];

  it("lies in the bucket of the true quantile", async () => {
    const property = fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0.5, 0.9, 0.99, 1),
      async (values, q) => {
        const registry = new Registry();
        const observed = new Histogram({ name: "h", help: "h", buckets: bounds, registers: [registry] });
        for (const value of values) observed.observe(value);
        const [distribution] = readExposition(await registry.metrics()).flatMap(distributionsOf);
        if (!distribution) throw new Error("there is one");
        const truth = values.toSorted((a, b) => a - b)[Math.ceil(q * values.length) - 1] ?? 0;
        const upper = bounds.find((bound) => truth <= bound) ?? Infinity;
        const lower = bounds.findLast((bound) => bound < upper) ?? 0;
        expect(distribution.count).to.equal(values.length);
        expect(distribution.sum).to.equal(values.reduce((sum, value) => sum + value, 0));
        expect(quantileOf(distribution, q)).to.be.within(lower, upper);
      },
    );
    await fc.assert(property);
  });

  it("is the last bound where it lies beyond, and no number without observations", () => {
    const buckets = [
      { le: 1, count: 1 },
      { le: Infinity, count: 10 },
    ];
    expect(quantileOf({ labels: {}, count: 10, sum: 0, buckets }, 0.5)).to.equal(1);
    expect(quantileOf({ labels: {}, count: 0, sum: 0, buckets: [] }, 0.5)).to.be.NaN;
  });
});
