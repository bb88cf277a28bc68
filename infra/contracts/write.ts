import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../settings.ts";
import { readContracts, renderSchema, schemaFile, schemaFolder } from "./schemas.ts";

// `npm run contracts`: writes the schema of each contract, and takes away those of contracts that are gone.
const contracts = await readContracts(projectRoot);
const wanted = new Map([...contracts].map(([name, schema]) => [schemaFile(name), renderSchema(schema)]));
await mkdir(join(projectRoot, schemaFolder), { recursive: true });
for (const file of await readdir(join(projectRoot, schemaFolder)))
  if (!wanted.has(`${schemaFolder}/${file}`)) await rm(join(projectRoot, schemaFolder, file));
for (const [file, text] of wanted) {
  await writeFile(join(projectRoot, file), text);
  process.stdout.write(`wrote ${file}\n`);
}
