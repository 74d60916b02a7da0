"""Reads what R1Lab wrote with transformers, peft and TensorBoard, and evaluates it: prints one line of JSON.

usage: hf_reads.py MANIFEST
"""

import json
import os
import sys

try:
    import peft
    import torch
    import transformers
except ImportError as missing:
    print(json.dumps({"missing": missing.name}))
    sys.exit(0)


def load(base, case):
    model = transformers.AutoModelForCausalLM.from_pretrained(case["model"] or base, dtype=torch.float32, attn_implementation="eager")
    return peft.PeftModel.from_pretrained(model, case["adapter"]) if case["adapter"] else model


@torch.no_grad()
def mean_loss(model, rows):
    total = count = 0
    for row in rows:
        logits = model(input_ids=torch.tensor([row])).logits[0, :-1].float()
        total += torch.nn.functional.cross_entropy(logits, torch.tensor(row[1:]), reduction="sum").item()
        count += len(row) - 1
    return total / count


def scalars(folder):
    try:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    except ImportError:
        return None
    events = EventAccumulator(folder)
    events.Reload()
    return {tag: [[point.step, point.value] for point in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def logged(logs):
    """The losses in trainer_state.json as the Trainer's own class reads it."""
    state = transformers.TrainerState.load_from_json(os.path.join(os.path.dirname(logs), "trainer_state.json"))
    return [entry["loss"] for entry in state.log_history if "loss" in entry]


def main(path):
    with open(path, encoding="utf-8") as file:
        manifest = json.load(file)
    cases = [
        {"loss": mean_loss(load(manifest["base"], case).eval(), manifest["rows"]), "scalars": scalars(case["logs"]), "logged": logged(case["logs"])}
        for case in manifest["cases"]
    ]
    versions = f"transformers {transformers.__version__}, peft {peft.__version__}, torch {torch.__version__}"
    print(json.dumps({"by": versions, "cases": cases}))


if __name__ == "__main__":
    main(sys.argv[1])
