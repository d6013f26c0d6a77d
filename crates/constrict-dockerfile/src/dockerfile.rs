//! A whole Dockerfile: its stages, in order, and the ARGs before the first.
//!
//! Never expands a variable and never resolves a name.

use crate::error::Fact;
use crate::instruction::{Kind, from, kind};
use crate::node::{self, Node, Nodes};
use crate::{Directives, Error, Instruction, Span, Warning, warning};

/// A parsed Dockerfile.
#[derive(Debug, Clone, PartialEq)]
pub struct Dockerfile {
    /// The parser directives.
    pub directives: Directives,
    /// The ARG instructions before the first FROM.
    pub global_args: Vec<Instruction>,
    /// The stages; at least one.
    pub stages: Vec<Stage>,
    /// Lint findings, in the order of the text.
    pub warnings: Vec<Warning>,
}

/// One build stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Position in the file, from 0.
    pub index: usize,
    /// `AS name`, lower-cased.
    pub name: Option<String>,
    /// The FROM line.
    pub from: From,
    /// The instructions after FROM.
    pub instructions: Vec<Instruction>,
    /// From the FROM to the end of the last instruction.
    pub span: Span,
}

/// `FROM [--platform=P] IMAGE [AS NAME]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct From {
    /// The image or stage, as written: not expanded.
    pub image: String,
    /// `--platform`, as written: not expanded.
    pub platform: Option<String>,
    /// The stage's name as written.
    pub alias: Option<String>,
    /// The instruction.
    pub span: Span,
    /// The image's word.
    pub image_span: Span,
    /// The source joined to one logical line.
    pub text: String,
}

/// Parses a Dockerfile.
///
/// # Errors
/// The mistake that BuildKit would report: the first among those of the lines' form, else the first among those of
/// the instructions.
pub fn parse(text: &[u8]) -> Result<Dockerfile, Error> {
    let whole = Span::new(0, text.len());
    if text.is_empty() {
        return Err(Error::new(Fact::Empty, whole));
    }
    let Nodes {
        directives,
        nodes,
        mut warnings,
    } = node::read(text)?;
    if nodes.is_empty() {
        return Err(Error::new(Fact::NoInstructions, whole));
    }
    let (global_args, stages) = match instructions(&nodes) {
        Ok(parsed) => parsed,
        Err((read, error)) => {
            // the words of a FROM are looked at before its stage's name is, and MAINTAINER before its name
            let is_noticed = matches!(nodes[read].upper.as_str(), "FROM" | "MAINTAINER");
            let until = read + usize::from(is_noticed);
            warnings.extend(warning::before_error(&nodes[..until]));
            return Err(error.after(warnings));
        }
    };
    if stages.is_empty() {
        return Err(Error::new(Fact::NoStages, whole));
    }
    warnings.extend(warning::of_file(&nodes, &stages));
    warnings.sort_by_key(|warning| warning.span.start);
    Ok(Dockerfile {
        directives,
        global_args,
        stages,
        warnings,
    })
}

/// The ARGs before the first stage, and the stages.
type Parsed = (Vec<Instruction>, Vec<Stage>);

/// The instructions of nodes; or how many came before the one that is wrong, and what is.
fn instructions(nodes: &[Node]) -> Result<Parsed, (usize, Error)> {
    let mut global_args = Vec::new();
    let mut stages: Vec<Stage> = Vec::new();
    for (read, node) in nodes.iter().enumerate() {
        if node.upper == "FROM" {
            let stage = stage(node, stages.len()).map_err(|error| (read, error))?;
            stages.push(stage);
            continue;
        }
        let instruction = instruction(node).map_err(|error| (read, error))?;
        match stages.last_mut() {
            Some(stage) => {
                stage.span = stage.span.to(instruction.span);
                stage.instructions.push(instruction);
            }
            None if matches!(instruction.kind, Kind::Arg(_)) => global_args.push(instruction),
            None => {
                let fact = Fact::BeforeFrom(node.keyword.clone());
                return Err((read, Error::new(fact, node.span)));
            }
        }
    }
    Ok((global_args, stages))
}

/// Parses one ONBUILD trigger, as it stands in an image's configuration or in [`Onbuild`](crate::instruction::Onbuild).
///
/// # Errors
/// As [`parse`], and for FROM; the spans are those of the trigger's text.
pub fn parse_onbuild(trigger: &str) -> Result<Instruction, Error> {
    let whole = Span::new(0, trigger.len());
    let nodes = node::read(trigger.as_bytes())?.nodes;
    match nodes.as_slice() {
        [node] if node.upper == "FROM" => Err(Error::new(Fact::OnbuildTrigger("FROM"), node.span)),
        [node] => instruction(node),
        _ => Err(Error::new(Fact::TriggerCount(nodes.len()), whole)),
    }
}

fn instruction(node: &Node) -> Result<Instruction, Error> {
    Ok(Instruction {
        kind: kind(node)?,
        span: node.span,
        text: node.line.text.trim().to_owned(),
    })
}

fn stage(node: &Node, index: usize) -> Result<Stage, Error> {
    let from = from(node)?;
    let name = from.alias.as_ref().map(|name| name.to_lowercase());
    Ok(Stage {
        index,
        name,
        span: from.span,
        from,
        instructions: Vec::new(),
    })
}
