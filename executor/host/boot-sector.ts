/** What the guest writes to its serial port, one word for each stage that it reaches. */
export const STAGES = ['real', 'long', 'timer'] as const;

/** Written to port 0xf4 of QEMU's isa-debug-exit, which ends with twice this plus one. */
export const EXIT_CODE = 0x2a * 2 + 1;

const SECTOR_BYTES = 512;
/** At the end of the sector: PC BIOSes start only such a disk. */
const SIGNATURE = [0x55, 0xaa];

/**
 * The program, loaded to 0x7c00 in real mode. It does what every operating system for x86-64 does first, since hosts exist
 * where KVM runs simple code and no operating system: enters long mode with page tables of its own (Intel SDM volume 3,
 * 10.8.5), and halts until the timer interrupts. Instructions and their encoding, hexadecimal.
 */
const PROGRAM = `
fa             cli
31c0           xor ax,ax
8ed8           mov ds,ax
8ec0           mov es,ax
8ed0           mov ss,ax
bc007c         mov sp,0x7c00
fc             cld
baf803         mov dx,0x3f8           ; the first serial port
beec7c         mov si,real
b90500         mov cx,5
f36e           rep outsb
66bf00100000   mov edi,0x1000
0f22df         mov cr3,edi            ; three tables, at 0x1000, 0x2000 and 0x3000:
6631c0         xor eax,eax
66b9000c0000   mov ecx,0xc00
66f3ab         rep stosd
c70600100320   mov word [0x1000],0x2003
c70600200330   mov word [0x2000],0x3003
c70600308300   mov word [0x3000],0x83 ; the first 2 MB, each address as itself
0f20e0         mov eax,cr4
0c20           or al,0x20             ; PAE
0f22e0         mov cr4,eax
66b9800000c0   mov ecx,0xc0000080     ; EFER
0f32           rdmsr
80cc01         or ah,1                ; LME
0f30           wrmsr
0f0116cc7c     lgdt [gdtr]
0f20c0         mov eax,cr0
660d01000080   or eax,0x80000001      ; PG, PE
0f22c0         mov cr0,eax
ea6a7c0800     jmp 8:long_mode        ; from here on 64-bit code
31c0           long_mode: xor eax,eax
8ed0           mov ss,eax
8ed8           mov ds,eax
8ec0           mov es,eax
66baf803       mov dx,0x3f8
bef17c0000     mov esi,long
b905000000     mov ecx,5
f36e           rep outsb
bf00420000     mov edi,0x4200         ; the gate of interrupt 0x20
b8b77c0800     mov eax,(8 << 16) + handler
ab             stosd
b8008e0000     mov eax,0x8e00
ab             stosd
31c0           xor eax,eax
ab             stosd
ab             stosd
0f011c25d27c0000 lidt [idtr]
b011           mov al,0x11            ; the interrupt controller: the timer, and nothing else, is interrupt 0x20
e620           out 0x20,al
b020           mov al,0x20
e621           out 0x21,al
b004           mov al,4
e621           out 0x21,al
b001           mov al,1
e621           out 0x21,al
b0fe           mov al,0xfe
e621           out 0x21,al
fb             sti
f4             wait: hlt
ebfd           jmp wait
66baf803       handler: mov dx,0x3f8
bef67c0000     mov esi,timer
b906000000     mov ecx,6
f36e           rep outsb
b02a           mov al,0x2a
e6f4           out 0xf4,al
f4             hlt
0f00           gdtr: limit 15
dc7c0000       at gdt
0f02           idtr: limit 0x20f
0040000000000000 at 0x4000
0000000000000000 gdt: null
00000000009a2000 64-bit code, ring 0
7265616c20     real: "real "
6c6f6e6720     long: "long "
74696d65720a   timer: "timer\\n"
`;

/** A disk of one sector. */
export function bootSector(): Uint8Array {
  const sector = new Uint8Array(SECTOR_BYTES);
  const code = PROGRAM.trim()
    .split('\n')
    .map((line) => line.split(' ', 1)[0])
    .join('');
  sector.set(Buffer.from(code, 'hex'));
  sector.set(SIGNATURE, SECTOR_BYTES - SIGNATURE.length);
  return sector;
}
