"""LoRA steps by transformers and peft with the work of `R1Lab.Bench train`: prints one line of JSON.

usage: hf_lora.py MODEL_FOLDER BATCH LENGTH STEPS THREADS CHECKPOINTING DEVICE

Peaks are those of the whole process: loading and warm-up are in them, as they are in the row they stand beside.
"""

import json
import resource
import statistics
import sys
import time

try:
    import peft
    import torch
    import transformers
except ImportError as missing:
    print(json.dumps({"missing": missing.name}))
    sys.exit(0)

WARM_UP = 3
PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def main(folder, batch, length, steps, threads, checkpointing, device):
    torch.set_num_threads(threads)
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    base = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="sdpa").to(device)
    base.config.use_cache = False
    if checkpointing:
        base.gradient_checkpointing_enable()
        base.enable_input_require_grads()
    settings = peft.LoraConfig(r=16, lora_alpha=32, target_modules=PROJECTIONS, task_type="CAUSAL_LM")
    model = peft.get_peft_model(base, settings).train()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.0)
    ids = torch.randint(0, base.config.vocab_size, (batch, length), generator=torch.Generator().manual_seed(1)).to(device)

    def now():
        if device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()

    left, right = torch.rand(1024, 512, device=device).to(dtype), torch.rand(512, 1376, device=device).to(dtype)
    result = torch.empty(1024, 1376, device=device, dtype=dtype)

    def product():
        torch.mm(left, right, out=result)
        start = now()
        for _ in range(10):
            torch.mm(left, right, out=result)
        return 10 * 2 * 1024 * 512 * 1376 / (now() - start) / 1e9

    times, products = [], []
    for _ in range(WARM_UP + steps):
        with torch.no_grad():
            products.append(product())
        start = now()
        loss = model(input_ids=ids, labels=ids).loss
        forward = now()
        loss.backward()
        backward = now()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        end = now()
        times.append((end - start, forward - start, backward - forward, end - backward))
    whole, forward, backward, optimizing = (1000 * statistics.median(t[i] for t in times[WARM_UP:]) for i in range(4))
    print(json.dumps({
        "by": f"hf transformers {transformers.__version__}, peft {peft.__version__}, torch {torch.__version__}",
        "step_ms": whole,
        "forward_ms": forward,
        "backward_ms": backward,
        "optimizer_ms": optimizing,
        "product_gflops": statistics.median(products[WARM_UP:]),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "peak_device_allocated_mb": torch.cuda.max_memory_allocated() / 1048576 if device == "cuda" else None,
        "peak_device_memory_mb": torch.cuda.max_memory_reserved() / 1048576 if device == "cuda" else None,
    }))


if __name__ == "__main__":
    try:
        main(sys.argv[1], *(int(a) for a in sys.argv[2:6]), sys.argv[6] == "1", sys.argv[7])
    except torch.OutOfMemoryError:
        print(json.dumps({"failed": "out of memory"}))
