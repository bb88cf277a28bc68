import { projectRoot } from "../settings.ts";
import { judge } from "./judge.ts";
import { readPublished } from "./published.ts";
import { readContracts } from "./schemas.ts";

// Part of `npm run check`: whatever the contracts of main accept is accepted here too. Exit code 3 when something is not.
const published = await readPublished(projectRoot);
if (published === undefined) {
  console.error(
    "Contracts were not compared: there is no branch main here. `git fetch origin main` brings it.",
  );
} else {
  const meant = (process.env.CONTRACT_BREAKS ?? "").split(",").filter(Boolean);
  const broken = judge(published.schemas, await readContracts(projectRoot), meant);
  if (broken.length > 0) {
    console.error(`Contracts refuse what they take on ${published.branch}:\n${broken.join("\n")}`);
    process.exitCode = 3;
  } else {
    console.log(
      `Contracts: all ${published.schemas.size} of ${published.branch} take here what they take there.`,
    );
  }
}
